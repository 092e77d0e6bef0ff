// text: the part of verdict.cpp that reads the tokens themselves.
#pragma once

#include <optional>
#include <string_view>

#include "attnx/base/refusal.h"
#include "attnx/gguf/metadata.h"

namespace attnx::text {

// A charsmap whose lengths make no sense.
std::optional<Refusal> charsmap_refusal(const gguf::ArrayView& bytes);

// Tokens that llama.cpp trips over. The arrays of tokens and their types have the types and lengths they should have;
// `pre` is the pre-tokenizer's name.
std::optional<Refusal> tokens_refusal(const gguf::Metadata& metadata, std::string_view model, std::string_view pre);

// llama.cpp takes stored strings as C strings, which end at the first zero byte.
inline std::string_view as_c_string(std::string_view text) { return text.substr(0, text.find('\0')); }

}  // namespace attnx::text
