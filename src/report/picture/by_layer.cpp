// layer_0_attention, hidden_states_0_norm, kv_0_norm …
#include <fmt/format.h>

#include "../states_drawing.h"
#include "kinds.h"

namespace attnx::report {
namespace {

view::Curves over_tokens(const PictureSource& source, std::string title) {
    view::Curves curves{.title = std::move(title), .axis = {.name = "tokens", .size = source.tokens().size()}};
    for (const study::Token& token : source.tokens()) curves.axis.labels.emplace_back(view::Token{token.piece});
    return curves;
}

view::Series series_of(const char* label, const std::vector<float>& values) {
    view::Series series{.label = label};
    for (const float value : values) series.values.emplace_back(static_cast<double>(value));
    return series;
}

}  // namespace

std::vector<NamedPicture> pictures_by_layer(const PictureSource& source) {
    const view::Document document{.model = source.model, .blocks = {token_table(source.tokens())}};
    std::vector<NamedPicture> pictures;
    const auto add = [&](std::string name, view::Drawing drawing) {
        pictures.push_back(
            {std::move(name), {.about = view::about_picture(document), .drawings = {std::move(drawing)}}});
    };
    PictureSource one = source;
    one.choice.head.reset();
    for (const auto& layer_and_map : source.attended->maps) {
        one.choice.layer = layer_and_map.first;
        add(fmt::format("layer_{}_attention", one.choice.layer), draw_map(one).front());
    }
    for (const auto& [layer, sizes] : source.states->states.blocks) {
        view::Curves curves = over_tokens(source, fmt::format("Lengths of what block {} leaves", layer));
        curves.series.push_back(series_of("hidden state", sizes.norm));
        add(fmt::format("hidden_states_{}_norm", layer), std::move(curves));
    }
    for (const auto& [layer, norms] : source.states->states.layers) {
        view::Curves curves = over_tokens(source, fmt::format("Lengths of keys and values of layer {}", layer));
        curves.series.push_back(series_of("keys", norms.k.mean()));
        curves.series.push_back(series_of("values", norms.v.mean()));
        add(fmt::format("kv_{}_norm", layer), std::move(curves));
    }
    return pictures;
}

}  // namespace attnx::report
