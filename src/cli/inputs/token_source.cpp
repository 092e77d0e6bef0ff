#include "token_source.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "../arguments/lists.h"
#include "attnx/base/error.h"

namespace attnx::cli {
namespace {

// The role markers of common chat formats, told by a special token of theirs. Templates are not executed.
struct ChatRow {
    std::string_view marker, before, after;
};
constexpr std::array kChats = {
    ChatRow{"<|im_start|>", "<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n"},
    ChatRow{"<start_of_turn>", "<start_of_turn>user\n", "<end_of_turn>\n<start_of_turn>model\n"},
    ChatRow{"<|start_header_id|>", "<|start_header_id|>user<|end_header_id|>\n\n",
            "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"},
    ChatRow{"<|start|>", "<|start|>user<|message|>", "<|end|><|start|>assistant"},
    ChatRow{"<|user|>", "<|user|>\n", "<|end|>\n<|assistant|>\n"},
    ChatRow{"[INST]", "[INST] ", " [/INST]"},
};

std::string as_chat(const std::string& text, const text::Vocab& vocab) {
    for (const ChatRow& row : kChats)
        if (vocab.find(row.marker)) return std::string(row.before) + text + std::string(row.after);
    throw Error(ErrorCode::unsupported,
                "--chat: this vocabulary has none of the role markers that attnx knows; write them into the prompt");
}

std::vector<std::uint32_t> parse_ids(std::string_view text) {
    std::vector<std::uint32_t> ids;
    for (const std::string& part : split_list(text)) {
        std::uint32_t id = 0;
        const auto parsed = std::from_chars(part.data(), part.data() + part.size(), id);
        if (parsed.ec != std::errc() || parsed.ptr != part.data() + part.size())
            throw Error(ErrorCode::usage, fmt::format("--tokens: \"{}\" is not a token id", part));
        ids.push_back(id);
    }
    return ids;
}

// Ids need no vocabulary: without one that loads their pieces are numbers (a finding says why it does not load).
std::shared_ptr<const text::Tokenizer> tokenizer_if_whole(const gguf::File& file) {
    if (file.metadata().find("tokenizer.ggml.tokens") == nullptr) return nullptr;
    try {
        return std::make_shared<const text::Tokenizer>(text::Tokenizer::from(file.metadata()));
    } catch (const Error&) {
        return nullptr;
    }
}

}  // namespace

std::string PromptTokens::piece(std::uint32_t id) const {
    return tokenizer && id < tokenizer->vocab().size() ? tokenizer->piece(id) : fmt::format("#{}", id);
}
bool PromptTokens::ends_generation(std::uint32_t id) const {
    return tokenizer && tokenizer->vocab().is_end_of_generation(id);
}

void TokenOptions::declare(Options& options) {
    text_.declare(options);
    options.push_back(value({"--tokens"}, "ID[,ID…]", "token ids instead of text", "",
                            [this](std::string_view t) { ids_ = std::string(t); }));
    options.push_back(flag({"--chat"}, "put the role markers of the model's chat format around the prompt",
                           [this] { chat_ = true; }));
    options.push_back(flag({"--no-special"}, "add no BOS or EOS, and take control tokens in the text as plain text",
                           [this] { special_ = false; }));
}

PromptTokens TokenOptions::read(const Environment& environment, const gguf::File& file,
                                const model::ModelSpec& spec) const {
    if (ids_ && text_.given()) throw Error(ErrorCode::usage, "give a text or --tokens, not both");
    if (ids_ && chat_) throw Error(ErrorCode::usage, "--chat is for text, not for --tokens");
    PromptTokens prompt;
    if (ids_) {
        prompt.tokenizer = tokenizer_if_whole(file);
        prompt.ids = parse_ids(*ids_);
    } else {
        prompt.tokenizer = std::make_shared<const text::Tokenizer>(text::Tokenizer::from(file.metadata()));
        std::string words = text_.read(environment);
        if (chat_) words = as_chat(words, prompt.tokenizer->vocab());
        prompt.ids = prompt.tokenizer->encode(words, special_, special_);
    }
    const std::uint32_t vocabulary = prompt.tokenizer ? prompt.tokenizer->vocab().size() : spec.vocabulary_size;
    for (const std::uint32_t id : prompt.ids)
        if (vocabulary != 0 && id >= vocabulary)
            throw Error(ErrorCode::bad_value,
                        fmt::format("token id {} is outside the vocabulary of {}", id, vocabulary),
                        {file.path(), std::nullopt, {}});
    if (prompt.ids.empty()) throw Error(ErrorCode::usage, "the prompt holds no tokens");
    if (spec.context_length != 0 && prompt.ids.size() > spec.context_length)
        throw Error(ErrorCode::refused,
                    fmt::format("the prompt has {} tokens, the model was trained on a context of {}", prompt.ids.size(),
                                spec.context_length),
                    {file.path(), std::nullopt, {}});
    return prompt;
}

}  // namespace attnx::cli
