#include "attend_drawing.h"

#include <fmt/format.h>

#include <utility>

#include "attend_rows.h"
#include "attnx/model/visible.h"

namespace attnx::report {
namespace {

view::Axis token_axis(const study::Attended& attended, std::string name, bool drop_first = false) {
    view::Axis axis{.name = std::move(name)};
    for (const study::Token& token : attended.tokens) axis.labels.emplace_back(view::Token{token.piece});
    if (drop_first && !axis.labels.empty()) {
        axis.labels.erase(axis.labels.begin());
        axis.first = 1;
    }
    axis.size = axis.labels.size();
    if (attended.prompt_tokens < attended.tokens.size()) {
        axis.marked_from = attended.prompt_tokens - axis.first;
        axis.mark = "generated";
    }
    return axis;
}

view::Shading weight_shading(const DrawnMap& drawn) {
    view::Shading shading{.scale = drawn.scale, .range = view::Range{0, 1}, .blank = "masked"};
    if (drawn.changes.value_weighted && !drawn.rollout) shading.range.reset();
    return shading;
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

std::string window_note(const model::ModelSpec& spec, std::uint32_t layer) {
    const model::LayerSpec* shape = layer_of(spec, layer);
    return shape != nullptr && shape->sliding ? fmt::format(" (window {})", spec.window.size) : std::string();
}

void bracket_heads(view::Axis& heads, const model::ModelSpec& spec, std::optional<std::uint32_t> layer) {
    std::optional<std::pair<std::uint64_t, std::uint64_t>> shape;  // heads, KV heads
    for (std::uint32_t i = 0; i < spec.layers.size(); ++i) {
        const model::LayerSpec& each = spec.layers[i];
        if (!attends(each) || (layer && *layer != i)) continue;
        const std::pair<std::uint64_t, std::uint64_t> own{each.head_count, each.head_count_kv};
        if (shape && *shape != own) return;
        shape = own;
    }
    if (!shape || shape->second == 0 || shape->second >= shape->first) return;
    heads.group_name = "KV";
    for (std::uint64_t i = 0; i < heads.size; ++i) {
        const auto* head = heads.labels.empty() ? &i : std::get_if<std::uint64_t>(&heads.labels[i].value);
        heads.groups.push_back(*head * shape->second / shape->first);
    }
}

namespace {

std::string map_title(const study::Attended& attended, const DrawnMap& drawn, std::optional<std::uint32_t> head) {
    if (drawn.rollout)
        return fmt::format("Rollout up to layer {}: the share of each token (column) in what stands at each position",
                           drawn.layer);
    const std::size_t heads = attended.heads.at(drawn.layer).size();
    return head ? fmt::format("Layer {}, head {}", drawn.layer, *head)
                : fmt::format("Layer {}, mean of {} heads{}", drawn.layer, heads,
                              some_of(heads, attended.maps.at(drawn.layer).heads()));
}

}  // namespace

std::optional<std::uint32_t> head_drawn(const study::Attended& attended, const DrawnMap& drawn) {
    const std::vector<std::uint32_t>& heads = attended.heads.at(drawn.layer);
    return !drawn.head && heads.size() == 1 ? heads.front() : drawn.head;
}

view::RowSource rows_drawn(const model::ModelSpec& spec, const std::shared_ptr<const study::Attended>& attended,
                           const DrawnMap& drawn) {
    if (drawn.rollout) return rollout_rows(attended, drawn.layer);
    return attention_rows(spec, attended, drawn.layer, head_drawn(*attended, drawn), drawn.changes);
}

view::Matrix attention_matrix(const model::ModelSpec& spec, const std::shared_ptr<const study::Attended>& attended,
                              const DrawnMap& drawn) {
    view::Matrix matrix{.rows = token_axis(*attended, "queries"),
                        .columns = token_axis(*attended, "keys", drawn.changes.drop_first),
                        .shading = weight_shading(drawn)};
    matrix.title = map_title(*attended, drawn, head_drawn(*attended, drawn));
    if (!drawn.rollout) matrix.title += window_note(spec, drawn.layer);
    matrix.title += changes_text(drawn.changes);
    matrix.values = without_first(rows_drawn(spec, attended, drawn), drawn.changes.drop_first);
    return matrix;
}

view::Grid attention_grid(const model::ModelSpec& spec, const std::shared_ptr<const study::Attended>& attended,
                          const DrawnMap& drawn) {
    const trace::AttentionMap& map = attended->maps.at(drawn.layer);
    const std::vector<std::uint32_t>& heads = attended->heads.at(drawn.layer);
    view::Grid grid{.panels = {.id = "head", .name = "head", .size = heads.size()},
                    .rows = token_axis(*attended, "queries"),
                    .columns = token_axis(*attended, "keys", drawn.changes.drop_first),
                    .shading = weight_shading(drawn)};
    grid.title = fmt::format("Layer {}, {} heads{}{}{}", drawn.layer, heads.size(), some_of(heads.size(), map.heads()),
                             window_note(spec, drawn.layer), changes_text(drawn.changes));
    std::vector<view::RowSource> panels;
    for (const std::uint32_t head : heads) {
        grid.panels.labels.emplace_back(head);
        panels.push_back(
            without_first(attention_rows(spec, attended, drawn.layer, head, drawn.changes), drawn.changes.drop_first));
    }
    bracket_heads(grid.panels, spec, drawn.layer);
    grid.values = [panels = std::move(panels), tokens = map.tokens()](std::uint64_t row) {
        return panels[row / tokens](row % tokens);
    };
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
