// report: tokens as people can read them.
#pragma once

#include <span>

#include "attnx/gguf/file.h"
#include "attnx/text/tokenizer.h"
#include "attnx/view/document.h"

namespace attnx::report {

view::Document tokenize(const gguf::File& file, const text::Tokenizer& tokenizer, std::span<const text::TokenId> ids);

}  // namespace attnx::report
