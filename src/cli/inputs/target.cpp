#include "target.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "../arguments/option_rows.h"
#include "attnx/base/error.h"

namespace attnx::cli {

Option target_option(std::optional<std::string>& target, std::string help, std::string otherwise) {
    return value({"--target"}, "TOKEN", std::move(help), std::move(otherwise),
                 [&target](std::string_view t) { target = t; });
}

Option position_option(std::optional<std::uint32_t>& position) {
    return value({"--position"}, "P", "after which token it would come, counted from 0", "the last",
                 [&position](std::string_view t) { position = static_cast<std::uint32_t>(count(t, 0, UINT32_MAX)); });
}

std::uint32_t token_named(std::string_view text, const study::Prompt& prompt) {
    const bool number = !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (number) return static_cast<std::uint32_t>(count(text, 0, UINT32_MAX));
    if (!prompt.tokenizer)
        throw Error(ErrorCode::usage, fmt::format("'{}': without a vocabulary, name the token by its id", text));
    for (std::uint32_t id = 0; id < prompt.tokenizer->vocab().size(); ++id)
        if (prompt.tokenizer->piece(id) == text) return id;
    const std::vector<text::TokenId> ids = prompt.tokenizer->encode(text, false, true);
    std::vector<std::string> pieces;
    for (const text::TokenId id : ids) pieces.push_back(fmt::format("'{}' ({})", prompt.piece(id), id));
    throw Error(ErrorCode::usage,
                fmt::format("'{}' is no token of this vocabulary: it takes {}", text, fmt::join(pieces, ", ")));
}

}  // namespace attnx::cli
