// text: whether llama.cpp takes the vocabulary of a file.
#pragma once

#include <optional>

#include "attnx/base/refusal.h"
#include "attnx/gguf/metadata.h"

namespace attnx::text {

// How much is looked at. Reading every token costs as much as Vocab::from.
enum class Tokens : unsigned char { unread, read };

// What llama.cpp (build b12032) would stop at when it loads the tokenizer's keys, in its order; nothing when it takes
// them. A pre-tokenizer that attnx does not know yet is no reason. Never throws for what is in the file.
std::optional<Refusal> vocabulary_refusal(const gguf::Metadata& metadata, Tokens tokens);

}  // namespace attnx::text
