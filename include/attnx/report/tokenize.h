// report: tokens as people can read them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "attnx/gguf/file.h"
#include "attnx/text/tokenizer.h"
#include "attnx/view/document.h"

namespace attnx::report {

// One line, in quotes, so that spaces at its ends are seen: control characters and bytes that are no whole character
// escaped, as in "\xe4" for a token that ends inside "中".
std::string quoted_piece(std::string_view piece);

view::Document tokenize(const gguf::File& file, const text::Tokenizer& tokenizer, std::span<const text::TokenId> ids);

}  // namespace attnx::report
