#include "attnx/report/tokenize.h"

#include <fmt/format.h>

#include "cells.h"

namespace attnx::report {
namespace {

using view::Cell;
using view::Show;

std::string_view kind(const text::Vocab& vocab, text::TokenId id) {
    using namespace text;
    if (vocab.has(id, attribute::control)) return "control";
    if (vocab.has(id, attribute::unknown)) return "unknown";
    if (vocab.has(id, attribute::user_defined)) return "user-defined";
    if (vocab.has(id, attribute::byte)) return "byte";
    return vocab.has(id, attribute::unused) ? "unused" : "";
}

}  // namespace

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
                      {.id = "piece", .label = "piece"},
                      {.id = "kind", .label = "", .show = Show::people}};
    for (std::size_t i = 0; i < ids.size(); ++i) {
        tokens.rows.push_back({Cell(static_cast<std::uint64_t>(i)), Cell(ids[i]),
                               Cell(view::Token{tokenizer.piece(ids[i])}), Cell(kind(tokenizer.vocab(), ids[i]))});
    }
    document.blocks.emplace_back(std::move(tokens));
    document.blocks.emplace_back(
        view::Note{fmt::format("{}, {} vocabulary of {}", count_of(ids.size(), "token"),
                               text::to_string(tokenizer.vocab().type()), tokenizer.vocab().size())});
    return document;
}

}  // namespace attnx::report
