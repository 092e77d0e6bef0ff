// study: the tokens that a model is asked about.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/gguf/file.h"
#include "attnx/model/spec.h"
#include "attnx/text/tokenizer.h"

namespace attnx::study {

struct Prompt {
    std::vector<std::uint32_t> ids;
    std::shared_ptr<const text::Tokenizer>
        tokenizer;  // null: ids were given, and the file has no vocabulary that loads

    std::string piece(std::uint32_t id) const;  // what a token stands for, raw; "#17" without a vocabulary
    bool ends_generation(std::uint32_t id) const;
};

// Null where the file has no vocabulary that loads (a finding says why): ids need none, their pieces are numbers. The
// file must outlive it.
std::shared_ptr<const text::Tokenizer> tokenizer_of(const gguf::File& file);

struct PromptOptions {
    bool chat = false;    // put the role markers of the model's chat format around the text
    bool special = true;  // add BOS and EOS as the vocabulary says, take control tokens in the text as such
};

// The file must outlive the prompt. Both throw bad_value for no tokens and for ids outside the vocabulary, refused when
// there are more than the trained context; a text also throws what the tokenizer and text::as_chat throw.
Prompt prompt_of_text(const gguf::File& file, const model::ModelSpec& spec, std::string_view text,
                      PromptOptions options = {});
Prompt prompt_of_ids(const gguf::File& file, const model::ModelSpec& spec, std::vector<std::uint32_t> ids);

}  // namespace attnx::study
