#include "attend_drawing.h"

#include <fmt/format.h>

#include <limits>

#include "attnx/model/visible.h"

namespace attnx::report {
namespace {

// `rows` with what no query may see taken out; row i is of query i modulo the tokens.
view::RowSource masked(view::RowSource rows, const model::ModelSpec& spec, const model::LayerSpec* layer,
                       std::uint64_t tokens) {
    if (layer == nullptr) return rows;
    const model::Mask mask = mask_of(spec, *layer);
    return [rows = std::move(rows), mask, tokens, row_seen = std::vector<float>()](std::uint64_t row) mutable {
        const view::RowValues values = rows(row);
        row_seen.assign(values.begin(), values.end());
        const model::KeyRange seen = visible_keys(mask, row % tokens, tokens);
        for (std::size_t key = 0; key < row_seen.size(); ++key)
            if (!seen.contains(key)) row_seen[key] = std::numeric_limits<float>::quiet_NaN();
        return view::RowValues(row_seen);
    };
}

view::Axis token_axis(const study::Attended& attended, std::string name) {
    view::Axis axis{.name = std::move(name), .size = attended.tokens.size()};
    for (const study::Token& token : attended.tokens) axis.labels.emplace_back(view::Token{token.piece});
    return axis;
}

view::Shading weight_shading(view::Scale scale) {
    return {.scale = scale, .range = view::Range{0, 1}, .blank = "masked"};
}

std::string window_note(const model::ModelSpec& spec, std::uint32_t layer) {
    const model::LayerSpec* shape = layer_of(spec, layer);
    return shape != nullptr && shape->sliding ? fmt::format(" (window {})", spec.window.size) : std::string();
}

std::string some_of(std::size_t chosen, std::uint32_t all) {
    return chosen < all ? fmt::format(" of {}", all) : std::string();
}

}  // namespace

analysis::HeadMetrics merged(const study::Attended& attended, std::uint32_t layer) {
    analysis::HeadMetrics all;
    const auto& heads = attended.metrics.at(layer);
    for (const std::uint32_t head : attended.heads.at(layer))
        if (head < heads.size()) all.merge(heads[head]);
    return all;
}

const model::LayerSpec* layer_of(const model::ModelSpec& spec, std::uint32_t index) {
    return index < spec.layers.size() ? &spec.layers[index] : nullptr;
}

view::Matrix attention_matrix(const model::ModelSpec& spec, const std::shared_ptr<const study::Attended>& attended,
                              const DrawnMap& drawn) {
    const trace::AttentionMap& map = attended->maps.at(drawn.layer);
    const std::vector<std::uint32_t>& heads = attended->heads.at(drawn.layer);
    const std::optional<std::uint32_t> head = !drawn.head && heads.size() == 1 ? heads.front() : drawn.head;
    view::Matrix matrix{.rows = token_axis(*attended, "queries"),
                        .columns = token_axis(*attended, "keys"),
                        .shading = weight_shading(drawn.scale)};
    matrix.title = head ? fmt::format("Layer {}, head {}", drawn.layer, *head)
                        : fmt::format("Layer {}, mean of {} heads{}", drawn.layer, heads.size(),
                                      some_of(heads.size(), map.heads()));
    matrix.title += window_note(spec, drawn.layer);
    view::RowSource rows;
    if (head)
        rows = [attended, kept = &map, head = *head](std::uint64_t row) {
            return kept->row(head, static_cast<std::uint32_t>(row));
        };
    else rows = view::rows_of(map.mean(heads), map.tokens());
    matrix.values = masked(std::move(rows), spec, layer_of(spec, drawn.layer), map.tokens());
    return matrix;
}

view::Grid attention_grid(const model::ModelSpec& spec, const std::shared_ptr<const study::Attended>& attended,
                          const DrawnMap& drawn) {
    const trace::AttentionMap& map = attended->maps.at(drawn.layer);
    const std::vector<std::uint32_t>& heads = attended->heads.at(drawn.layer);
    view::Grid grid{.panels = {.id = "head", .name = "head", .size = heads.size()},
                    .rows = token_axis(*attended, "queries"),
                    .columns = token_axis(*attended, "keys"),
                    .shading = weight_shading(drawn.scale)};
    grid.title = fmt::format("Layer {}, {} heads{}{}", drawn.layer, heads.size(), some_of(heads.size(), map.heads()),
                             window_note(spec, drawn.layer));
    for (const std::uint32_t head : heads) grid.panels.labels.emplace_back(head);
    const std::uint64_t tokens = map.tokens();
    grid.values = masked(
        [attended, kept = &map, chosen = &heads, tokens](std::uint64_t row) {
            return kept->row((*chosen)[row / tokens], static_cast<std::uint32_t>(row % tokens));
        },
        spec, layer_of(spec, drawn.layer), tokens);
    return grid;
}

view::Curves flow_curves(const study::Attended& attended) {
    view::Curves curves{.title = "Where attention goes, heads averaged",
                        .axis = {.id = "layer", .name = "layer", .size = attended.metrics.size()},
                        .range = view::Range{0, 1}};
    std::vector<analysis::HeadMetrics> layers;
    for (const auto& layer : attended.metrics) {
        curves.axis.labels.emplace_back(layer.first);
        layers.push_back(merged(attended, layer.first));
    }
    for (const char* id : {"first_token", "previous_token", "self"}) {
        const analysis::AttentionMetric& metric = analysis::attention_metric(id);
        view::Series series{std::string(metric.id), std::string(metric.label), {}};
        for (const analysis::HeadMetrics& layer : layers) series.values.emplace_back(layer.value(metric));
        curves.series.push_back(std::move(series));
    }
    return curves;
}

}  // namespace attnx::report
