#include "attnx/study/prompt.h"

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "attnx/text/chat.h"

namespace attnx::study {
namespace {

Prompt checked(const gguf::File& file, const model::ModelSpec& spec, Prompt prompt) {
    const std::uint32_t vocabulary = prompt.tokenizer ? prompt.tokenizer->vocab().size() : spec.vocabulary_size;
    for (const std::uint32_t id : prompt.ids)
        if (vocabulary != 0 && id >= vocabulary)
            throw Error(ErrorCode::bad_value,
                        fmt::format("token id {} is outside the vocabulary of {}", id, vocabulary),
                        {file.path(), std::nullopt, {}});
    if (prompt.ids.empty()) throw Error(ErrorCode::bad_value, "the prompt holds no tokens");
    if (spec.context_length != 0 && prompt.ids.size() > spec.context_length)
        throw Error(ErrorCode::refused,
                    fmt::format("the prompt has {} tokens, the model was trained on a context of {}", prompt.ids.size(),
                                spec.context_length),
                    {file.path(), std::nullopt, {}});
    return prompt;
}

}  // namespace

std::shared_ptr<const text::Tokenizer> tokenizer_of(const gguf::File& file) {
    if (file.metadata().find("tokenizer.ggml.tokens") == nullptr) return nullptr;
    try {
        return std::make_shared<const text::Tokenizer>(text::Tokenizer::from(file.metadata()));
    } catch (const Error&) {
        return nullptr;
    }
}

std::string Prompt::piece(std::uint32_t id) const {
    return tokenizer && id < tokenizer->vocab().size() ? tokenizer->piece(id) : fmt::format("#{}", id);
}

bool Prompt::ends_generation(std::uint32_t id) const {
    return tokenizer && tokenizer->vocab().is_end_of_generation(id);
}

Prompt prompt_of_text(const gguf::File& file, const model::ModelSpec& spec, std::string_view text,
                      PromptOptions options) {
    Prompt prompt;
    prompt.tokenizer = std::make_shared<const text::Tokenizer>(text::Tokenizer::from(file.metadata()));
    const std::string words = options.chat ? text::as_chat(text, prompt.tokenizer->vocab()) : std::string(text);
    prompt.ids = prompt.tokenizer->encode(words, options.special, options.special);
    return checked(file, spec, std::move(prompt));
}

Prompt prompt_of_ids(const gguf::File& file, const model::ModelSpec& spec, std::vector<std::uint32_t> ids) {
    return checked(file, spec, {std::move(ids), tokenizer_of(file)});
}

}  // namespace attnx::study
