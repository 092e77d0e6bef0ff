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

bool FanOut::wants_vectors(std::uint32_t layer) {
    return std::ranges::any_of(sinks_, [&](Sink* sink) { return sink->wants_vectors(layer); });
}

void FanOut::vectors(const HeadVectors& vectors) {
    for (Sink* sink : sinks_)
        if (sink->wants_vectors(vectors.layer)) sink->vectors(vectors);
}

bool FanOut::wants_embedding() {
    return std::ranges::any_of(sinks_, [](Sink* sink) { return sink->wants_embedding(); });
}

void FanOut::embedding(std::span<const float> values, std::uint32_t width) {
    for (Sink* sink : sinks_)
        if (sink->wants_embedding()) sink->embedding(values, width);
}

bool FanOut::wants_scoring(std::uint32_t layer) {
    return std::ranges::any_of(sinks_, [&](Sink* sink) { return sink->wants_scoring(layer); });
}

void FanOut::scoring(const Scoring& scoring) {
    for (Sink* sink : sinks_)
        if (sink->wants_scoring(scoring.layer)) sink->scoring(scoring);
}

bool FanOut::wants_block_output(std::uint32_t layer) {
    return std::ranges::any_of(sinks_, [&](Sink* sink) { return sink->wants_block_output(layer); });
}

void FanOut::block_output(std::uint32_t layer, std::span<const float> values, std::uint32_t width) {
    for (Sink* sink : sinks_)
        if (sink->wants_block_output(layer)) sink->block_output(layer, values, width);
}

bool FanOut::wants_head_input() {
    return std::ranges::any_of(sinks_, [](Sink* sink) { return sink->wants_head_input(); });
}

void FanOut::head_input(std::span<const float> values, std::uint32_t width) {
    for (Sink* sink : sinks_)
        if (sink->wants_head_input()) sink->head_input(values, width);
}

bool FanOut::wants_head_input_after(std::uint32_t layer) {
    return std::ranges::any_of(sinks_, [&](Sink* sink) { return sink->wants_head_input_after(layer); });
}

void FanOut::head_input_after(std::uint32_t layer, std::span<const float> values, std::uint32_t width) {
    for (Sink* sink : sinks_)
        if (sink->wants_head_input_after(layer)) sink->head_input_after(layer, values, width);
}

bool FanOut::wants_final_norm() {
    return std::ranges::any_of(sinks_, [](Sink* sink) { return sink->wants_final_norm(); });
}

void FanOut::final_norm(std::span<const float> values, std::uint32_t width) {
    for (Sink* sink : sinks_)
        if (sink->wants_final_norm()) sink->final_norm(values, width);
}

}  // namespace attnx::trace
