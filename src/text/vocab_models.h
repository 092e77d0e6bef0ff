// text: the table of vocabulary types, one row per name that `tokenizer.ggml.model` can have.
#pragma once

#include <span>
#include <string_view>

#include "attnx/text/vocab.h"

namespace attnx::text {

struct VocabModel {
    std::string_view name;
    VocabType type;
    SpecialTokens defaults;             // where the file names none
    TextRules rules;                    // unless the file says otherwise
    std::string_view implied_pre = {};  // overrides tokenizer.ggml.pre
};

const VocabModel* find_vocab_model(std::string_view name);  // nullptr when unknown

}  // namespace attnx::text
