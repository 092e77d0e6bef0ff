// text: the role markers of common chat formats. Templates are not executed.
#pragma once

#include <string>
#include <string_view>

#include "attnx/text/vocab.h"

namespace attnx::text {

// A message of the user, and the beginning of the answer, between the markers of the vocabulary's format, which is told
// by a special token of it. Throws unsupported when it has none that is known.
std::string as_chat(std::string_view message, const Vocab& vocab);

}  // namespace attnx::text
