#include "token_source.h"

#include <fmt/format.h>

#include <charconv>

#include "../arguments/option_rows.h"
#include "attnx/base/error.h"

namespace attnx::cli {
namespace {

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

}  // namespace

void TokenOptions::declare(Options& options) {
    text_.declare(options);
    options.push_back(value({"--tokens"}, "ID[,ID…]", "token ids instead of text", "",
                            [this](std::string_view t) { ids_ = std::string(t); }));
    options.push_back(flag({"--chat"}, "put the role markers of the model's chat format around the prompt",
                           [this] { chat_ = true; }));
    options.push_back(flag({"--no-special"}, "add no BOS or EOS, and take control tokens in the text as plain text",
                           [this] { special_ = false; }));
}

TokenOptions::Source TokenOptions::source(const Environment& environment) const {
    if (ids_ && text_.given()) throw Error(ErrorCode::usage, "give a text or --tokens, not both");
    if (ids_ && chat_) throw Error(ErrorCode::usage, "--chat is for text, not for --tokens");
    const study::PromptOptions options{.chat = chat_, .special = special_};
    if (ids_) return {parse_ids(*ids_), {}, options};
    return {std::nullopt, text_.read(environment), options};
}

study::Prompt TokenOptions::Source::read(const gguf::File& file, const model::ModelSpec& spec) const {
    return ids ? study::prompt_of_ids(file, spec, *ids) : study::prompt_of_text(file, spec, text, options);
}

}  // namespace attnx::cli
