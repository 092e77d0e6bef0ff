// cli: which layers and heads: `0-3,7`, `all`, `last`; heads also as `5.3` or `L5H3`.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "attnx/model/spec.h"

namespace attnx::cli {

// first to last, both included; `last` when `from_end`.
struct IndexRange {
    std::uint32_t first = 0, last = 0;
    bool from_end = false;
};

// Layers (or anything counted from 0).
class IndexSelection {
public:
    IndexSelection() = default;  // all
    // Throws usage, quoting the text and naming what it is about ("layer").
    static IndexSelection parse(std::string_view text, std::string_view what);

    bool all() const { return ranges_.empty(); }
    // Ascending, each once. Throws not_found for an index of `count` or above that was named on its own or begins a
    // range.
    std::vector<std::uint32_t> resolve(std::uint32_t count) const;

private:
    std::vector<IndexRange> ranges_;
    std::string_view what_ = "index";  // a literal
};

// Heads: of every layer (`3`) or of one (`5.3`).
class HeadSelection {
public:
    HeadSelection() = default;  // all
    static HeadSelection parse(std::string_view text);

    bool all() const { return items_.empty(); }
    bool contains(std::uint32_t layer, std::uint32_t head, std::uint32_t head_count) const;
    // Layers named by `5.3`, ascending; nothing when some item means every layer.
    std::optional<std::vector<std::uint32_t>> layers() const;

private:
    struct Item {
        std::optional<std::uint32_t> layer;
        IndexRange heads;
    };
    std::vector<Item> items_;
};

// Layers that both selections leave: unless layers are chosen, heads of certain layers
// (`5.3`) mean those layers. Throws not_found for a layer that is not there, and when none of the heads is in these
// layers.
std::vector<std::uint32_t> choose_layers(const IndexSelection& layers, const HeadSelection& heads,
                                         const model::ModelSpec& spec);

}  // namespace attnx::cli
