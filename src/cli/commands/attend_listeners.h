// Who listens while `attend` runs a model. Private to cli.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "../process/progress.h"
#include "attnx/trace/sink.h"

namespace attnx::cli {

// Tells several sinks, which must outlive it; counts weights for the progress bar.
class Listeners final : public trace::Sink {
public:
    explicit Listeners(Progress& progress) : progress_(progress) {}
    void add(trace::Sink& sink) { sinks_.push_back(&sink); }

    bool wants_attention(std::uint32_t layer) override {
        return std::any_of(sinks_.begin(), sinks_.end(),
                           [&](trace::Sink* sink) { return sink->wants_attention(layer); });
    }
    void attention(const trace::AttentionRows& rows) override {
        for (trace::Sink* sink : sinks_)
            if (sink->wants_attention(rows.layer)) sink->attention(rows);
        progress_.advance(rows.weights.size_bytes());
    }
    bool wants_block_output(std::uint32_t layer) override {
        return std::any_of(sinks_.begin(), sinks_.end(),
                           [&](trace::Sink* sink) { return sink->wants_block_output(layer); });
    }
    void block_output(std::uint32_t layer, std::span<const float> values, std::uint32_t width) override {
        for (trace::Sink* sink : sinks_)
            if (sink->wants_block_output(layer)) sink->block_output(layer, values, width);
    }

private:
    Progress& progress_;
    std::vector<trace::Sink*> sinks_;
};

// Lengths (L2) of the stream after each block, one per token.
class NormSink final : public trace::Sink {
public:
    explicit NormSink(std::set<std::uint32_t> layers) : layers_(std::move(layers)) {}
    bool wants_block_output(std::uint32_t layer) override { return layers_.count(layer) != 0; }
    void block_output(std::uint32_t layer, std::span<const float> values, std::uint32_t width) override {
        for (std::size_t at = 0; at + width <= values.size(); at += width) {
            double squares = 0;
            for (std::size_t i = 0; i < width; ++i) squares += double{values[at + i]} * values[at + i];
            norms[layer].push_back(std::sqrt(squares));
        }
    }
    std::map<std::uint32_t, std::vector<double>> norms;

private:
    std::set<std::uint32_t> layers_;
};

}  // namespace attnx::cli
