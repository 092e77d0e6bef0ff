#include "attnx/report/tokenize.h"

#include <fmt/format.h>

#include <algorithm>

#include "attnx/base/text.h"

namespace attnx::report {
namespace {

using view::Cell;
using view::Show;

// Bytes of the well-formed character that `text` begins with; 0 when it begins with none.
std::size_t character_bytes(std::string_view text) {
    for (std::size_t bytes = 1; bytes <= std::min<std::size_t>(4, text.size()); ++bytes)
        if (is_valid_utf8(text.substr(0, bytes))) return bytes;
    return 0;
}

std::string_view kind(const text::Vocab& vocab, text::TokenId id) {
    using namespace text;
    if (vocab.has(id, attribute::control)) return "control";
    if (vocab.has(id, attribute::unknown)) return "unknown";
    if (vocab.has(id, attribute::user_defined)) return "user-defined";
    if (vocab.has(id, attribute::byte)) return "byte";
    return vocab.has(id, attribute::unused) ? "unused" : "";
}

}  // namespace

std::string quoted_piece(std::string_view piece) {
    std::string out = "\"";
    while (!piece.empty()) {
        const std::size_t bytes = character_bytes(piece);
        if (bytes == 0) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(piece[0]));
        else if (piece[0] == '"' || piece[0] == '\\') (out += '\\') += piece[0];
        else out += printable(piece.substr(0, bytes));
        piece.remove_prefix(std::max<std::size_t>(1, bytes));
    }
    return out + '"';
}

view::Document tokenize(const gguf::File& file, const text::Tokenizer& tokenizer, std::span<const text::TokenId> ids) {
    view::Document document;
    document.command = "tokenize";
    const auto architecture = file.metadata().string("general.architecture");
    const auto name = file.metadata().string("general.name");
    document.model = view::ModelRef{file.path(), std::string(architecture.value_or("")),
                                    name ? std::optional<std::string>(*name) : std::nullopt};
    document.findings = file.findings();
    append(document.findings, tokenizer.vocab().findings());

    view::Table tokens;
    tokens.id = "tokens";
    tokens.columns = {{.id = "position", .label = "#", .unit = view::Unit::id, .show = Show::people},
                      {.id = "id", .label = "id", .unit = view::Unit::id},
                      {.id = "piece", .label = "piece", .show = Show::scripts},
                      {.id = "quoted", .label = "piece", .show = Show::people},
                      {.id = "kind", .label = "", .show = Show::people}};
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const std::string piece = tokenizer.piece(ids[i]);
        tokens.rows.push_back({Cell(static_cast<std::uint64_t>(i)), Cell(ids[i]), Cell(piece),
                               Cell(quoted_piece(piece)), Cell(kind(tokenizer.vocab(), ids[i]))});
    }
    document.blocks.emplace_back(std::move(tokens));
    document.blocks.emplace_back(
        view::Note{fmt::format("{} token{}, {} vocabulary of {}", ids.size(), ids.size() == 1 ? "" : "s",
                               text::to_string(tokenizer.vocab().type()), tokenizer.vocab().size())});
    return document;
}

}  // namespace attnx::report
