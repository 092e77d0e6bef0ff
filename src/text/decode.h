// text: what tokens stand for.
#pragma once

#include <string>
#include <string_view>

#include "attnx/text/vocab.h"

namespace attnx::text {

// The text of one token; id < size() by contract.
std::string token_piece(const Vocab& vocab, TokenId id);

// Undoes the spaces that word tokenizers leave before punctuation and contractions: "it 's , so" becomes
// "it's, so".
std::string clean_up_spaces(std::string_view text);

}  // namespace attnx::text
