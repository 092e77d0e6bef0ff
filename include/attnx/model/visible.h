// model: which layers attend, and which keys a query of such a layer sees: for everyone who runs, draws,
// measures or counts attention.
#pragma once

#include <cstddef>
#include <cstdint>

#include "attnx/model/spec.h"

namespace attnx::model {

// Whether the layer computes softmax attention.
bool attends(const LayerSpec& layer);
// How many layers rotate queries and keys.
std::size_t rotated_layers(const ModelSpec& spec);

struct Mask {
    bool causal = true;
    WindowSpec window;
};
Mask mask_of(const ModelSpec& spec, const LayerSpec& layer);

// Half-open.
struct KeyRange {
    std::uint64_t first = 0, end = 0;

    std::uint64_t count() const { return end - first; }
    bool contains(std::uint64_t key) const { return first <= key && key < end; }
};

// What the query at a position below `tokens` sees of so many keys.
KeyRange visible_keys(const Mask& mask, std::uint64_t query, std::uint64_t tokens);

// The sum of visible_keys over the queries of a prompt; a double, because it need not fit in 64 bits.
double visible_pairs(const Mask& mask, std::uint64_t tokens);

}  // namespace attnx::model
