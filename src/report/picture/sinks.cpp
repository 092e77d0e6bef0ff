#include <limits>

#include "../attend_drawing.h"
#include "kinds.h"

namespace attnx::report {

Drawings draw_sinks(const PictureSource& source) {
    const study::Attended& attended = *source.attended;
    const analysis::AttentionMetric& metric = analysis::attention_metric("first_token");
    view::Matrix map{.title = "Weight on the first token, by head",
                     .rows = {.id = "layer", .name = "layers", .size = attended.heads.size()},
                     .columns = {.id = "head", .name = "heads"},
                     .shading = {.scale = source.choice.scale.value_or(view::Scale::linear),
                                 .range = view::Range{0, 1},
                                 .blank = "no such head"}};
    for (const auto& [layer, heads] : attended.heads)
        map.columns.size = std::max<std::uint64_t>(map.columns.size, heads.empty() ? 0 : heads.back() + 1);
    std::vector<float> values(map.rows.size * map.columns.size, std::numeric_limits<float>::quiet_NaN());
    std::size_t row = 0;
    for (const auto& [layer, heads] : attended.heads) {
        map.rows.labels.emplace_back(layer);
        for (const std::uint32_t head : heads)
            if (const auto value = attended.metrics.at(layer)[head].value(metric))
                values[row * map.columns.size + head] = static_cast<float>(*value);
        ++row;
    }
    bracket_heads(map.columns, *source.spec);
    map.values = view::rows_of(std::move(values), map.columns.size);
    return {std::move(map)};
}

}  // namespace attnx::report
