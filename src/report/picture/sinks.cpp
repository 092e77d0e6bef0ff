#include "../attend_drawing.h"
#include "../head_map.h"
#include "kinds.h"

namespace attnx::report {

Drawings draw_sinks(const PictureSource& source) {
    const study::Attended& attended = *source.attended;
    const analysis::AttentionMetric& metric = analysis::attention_metric("first_token");
    std::vector<HeadNumber> numbers;
    for (const auto& [layer, heads] : attended.heads)
        for (const std::uint32_t head : heads)
            numbers.push_back({layer, head, attended.metrics.at(layer)[head].value(metric)});
    view::Matrix map = head_map(numbers);
    map.title = "Weight on the first token, by head";
    map.shading = {.scale = source.choice.scale.value_or(view::Scale::linear),
                   .range = view::Range{0, 1},
                   .blank = "no such head"};
    bracket_heads(map.columns, *source.spec);
    return {std::move(map)};
}

}  // namespace attnx::report
