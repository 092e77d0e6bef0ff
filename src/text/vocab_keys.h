// The keys of a vocabulary, spelled once.
#pragma once

#include <string_view>

namespace attnx::text {

inline constexpr std::string_view kModel = "tokenizer.ggml.model", kPre = "tokenizer.ggml.pre",
                                  kMerges = "tokenizer.ggml.merges", kTokens = "tokenizer.ggml.tokens",
                                  kScores = "tokenizer.ggml.scores", kTypes = "tokenizer.ggml.token_type",
                                  kCharsmap = "tokenizer.ggml.precompiled_charsmap",
                                  kScheme = "tokenizer.ggml.metaspace.prepend_scheme";

}  // namespace attnx::text
