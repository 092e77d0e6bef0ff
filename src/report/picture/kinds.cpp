#include "kinds.h"

#include <array>
#include <set>

#include "attnx/report/attend.h"

namespace attnx::report {
namespace {

using enum PictureNeeds;
using enum PictureMaps;

constexpr std::array kPictureKinds = {
    PictureKind{"map", "one head, or the mean of a layer", attention, one_layer, true, draw_map},
    PictureKind{"grid", "all heads of a layer", attention, one_layer, false, draw_grid},
    PictureKind{"layers", "the mean of each layer", attention, all_layers, false, draw_layers},
    PictureKind{"flow", "weight on the first token, the one before and itself, by layer", attention, none, false,
                draw_flow},
    PictureKind{"states", "lengths of the residual stream, layers by tokens", states, none, false, draw_states},
    PictureKind{"kv", "lengths of keys and values, layers by tokens", states, none, false, draw_kv},
    PictureKind{"sinks", "weight on the first token, layers by heads", attention, none, false, draw_sinks},
    PictureKind{"heads", "what heads do, layers by heads", roles, none, false, draw_heads},
    PictureKind{"lines", "tokens in two columns, tied by lines", attention, one_layer, true, draw_lines},
    PictureKind{"network", "tokens in a row, tied by arcs", attention, one_layer, true, draw_network},
};

}  // namespace

std::span<const PictureKind> picture_kinds() { return kPictureKinds; }

std::span<const study::Token> PictureSource::tokens() const {
    if (attended) return attended->tokens;
    if (states) return states->tokens;
    if (roles && roles->text) return *roles->text;
    return {};
}

view::Picture picture(const PictureKind& kind, const PictureSource& source) {
    view::Document about{.model = source.model, .blocks = {token_table(source.tokens())}};
    return {.about = view::about_picture(about), .drawings = kind.draw(source)};
}

view::Document drawn(std::string_view what, const PictureKind* kind, const PictureSource& source,
                     std::span<const DrawnFile> files) {
    using view::Unit;
    view::Document document{.command = "draw", .model = source.model};
    if (source.attended) document.findings = source.attended->findings;
    if (source.states) document.findings = source.states->findings;
    if (source.roles) document.findings = source.roles->findings;
    const bool one_layer = kind != nullptr && kind->maps == PictureMaps::one_layer;
    const bool head = one_layer && kind->of_head && source.choice.head;
    document.blocks.emplace_back(
        view::Facts{.facts = {{"what", "drawn", what, Unit::none, view::Show::all,
                               kind == nullptr ? "" : std::string(kind->meaning)},
                              {"tokens", "tokens", source.tokens().size()},
                              {"layer", "layer", one_layer ? view::Cell(source.choice.layer) : view::Cell(), Unit::id,
                               one_layer ? view::Show::all : view::Show::scripts},
                              {"head", "head", head ? view::Cell(*source.choice.head) : view::Cell(), Unit::id,
                               head ? view::Show::all : view::Show::scripts}}});
    view::Table table{.id = "files", .columns = {{"path", "file"}, {"size_bytes", "size", Unit::bytes}}};
    for (const DrawnFile& file : files) table.rows.push_back({file.path, file.bytes});
    document.blocks.emplace_back(std::move(table));
    return document;
}

}  // namespace attnx::report
