#include "attnx/trace/fan_out.h"

#include <algorithm>

namespace attnx::trace {

bool FanOut::wants_attention(std::uint32_t layer) {
    return std::ranges::any_of(sinks_, [&](Sink* sink) { return sink->wants_attention(layer); });
}

void FanOut::attention(const AttentionRows& rows) {
    for (Sink* sink : sinks_)
        if (sink->wants_attention(rows.layer)) sink->attention(rows);
}

bool FanOut::wants_attention_at_once(std::uint32_t layer) {
    return std::ranges::any_of(sinks_, [&](Sink* sink) { return sink->wants_attention_at_once(layer); });
}

void FanOut::attention_at_once(const AttentionRows& rows) {
    for (Sink* sink : sinks_)
        if (sink->wants_attention_at_once(rows.layer)) sink->attention_at_once(rows);
}

bool FanOut::wants_block_output(std::uint32_t layer) {
    return std::ranges::any_of(sinks_, [&](Sink* sink) { return sink->wants_block_output(layer); });
}

void FanOut::block_output(std::uint32_t layer, std::span<const float> values, std::uint32_t width) {
    for (Sink* sink : sinks_)
        if (sink->wants_block_output(layer)) sink->block_output(layer, values, width);
}

}  // namespace attnx::trace
