// trace: attention maps kept in memory.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "attnx/trace/sink.h"

namespace attnx::trace {

// One layer's weights, [heads, tokens, tokens], row = query. Rows and columns not (yet) told are 0.
class AttentionMap {
public:
    AttentionMap() = default;
    explicit AttentionMap(std::uint32_t tokens) : tokens_(tokens) {}

    std::uint32_t heads() const { return static_cast<std::uint32_t>(heads_.size()); }
    std::uint32_t tokens() const { return tokens_; }
    std::span<const float> head(std::uint32_t h) const { return heads_[h]; }  // [tokens, tokens]
    std::span<const float> row(std::uint32_t h, std::uint32_t query) const;   // [tokens]
    std::vector<float> mean(std::span<const std::uint32_t> heads) const;  // of these, at least one; [tokens, tokens]

    // Of rows that each stand for several tokens, as many as there are in the end.
    std::uint32_t compressed_count() const { return compressed_count_; }
    std::vector<float> compressed_row(std::uint32_t h, std::uint32_t query) const;  // [compressed_count]

    // Grows to the rows' head and token count as needed.
    void store(const AttentionRows& rows);

private:
    void widen(std::uint32_t tokens);
    void store_compressed(const AttentionRows& rows);

    std::uint32_t tokens_ = 0;
    std::vector<std::vector<float>> heads_;  // each [tokens, tokens]
    std::uint32_t compressed_count_ = 0;
    std::vector<std::vector<std::vector<float>>> compressed_;  // [head][query], of as many rows as there were then
};

// A sink that keeps the maps of some layers: 4 * heads * tokens^2 bytes each.
class AttentionRecorder : public Sink {
public:
    AttentionRecorder() = default;  // all layers
    explicit AttentionRecorder(std::set<std::uint32_t> layers) : layers_(std::move(layers)) {}

    bool wants_attention(std::uint32_t layer) override { return !layers_ || layers_->count(layer) != 0; }
    void attention(const AttentionRows& rows) override { maps_[rows.layer].store(rows); }

    // By layer; layers without softmax attention are absent.
    const std::map<std::uint32_t, AttentionMap>& maps() const { return maps_; }
    std::map<std::uint32_t, AttentionMap> take() { return std::move(maps_); }

private:
    std::optional<std::set<std::uint32_t>> layers_;
    std::map<std::uint32_t, AttentionMap> maps_;
};

}  // namespace attnx::trace
