#include <fmt/format.h>

#include "../attend_drawing.h"
#include "kinds.h"

namespace attnx::report {

// The panels of the layers are the matrices that `map` would draw of each.
Drawings draw_layers(const PictureSource& source) {
    view::Grid grid{.title = "Mean of the heads of each layer", .panels = {.id = "layer", .name = "layer"}};
    std::vector<view::RowSource> panels;
    PictureSource one = source;
    one.choice.head.reset();
    for (const auto& layer_and_map : source.attended->maps) {
        one.choice.layer = layer_and_map.first;
        view::Matrix map = attention_matrix(*source.spec, source.attended, map_chosen(one));
        const std::string window = window_note(*source.spec, layer_and_map.first);
        grid.panels.labels.emplace_back(window.empty()
                                            ? view::Cell(layer_and_map.first)
                                            : view::Cell(fmt::format("layer {}{}", layer_and_map.first, window)));
        panels.push_back(std::move(map.values));
        grid.rows = std::move(map.rows);
        grid.columns = std::move(map.columns);
        grid.shading = std::move(map.shading);
    }
    grid.panels.size = panels.size();
    grid.values = [panels = std::move(panels), rows = grid.rows.size](std::uint64_t row) {
        return panels[row / rows](row % rows);
    };
    return {std::move(grid)};
}

}  // namespace attnx::report
