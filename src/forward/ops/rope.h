// Rotary position embedding (arXiv 2104.09864) in all the forms that models use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <vector>

#include "attnx/model/graph.h"

namespace attnx::forward {

// Cosines and sines for positions [first, first + count); one table serves all heads.
class RopeTable {
public:
    // `factors` divides the frequencies, dimensions/2 of them or more; empty: none.
    RopeTable(const model::RopePlan& plan, std::span<const float> factors, std::uint32_t first, std::uint32_t count);

    // Rotates, in place, the first `dimensions` elements of a head at position first + i. Throws bad_dimensions when
    // there are fewer, or no such position.
    void rotate(std::size_t i, std::span<float> head) const { turn(i, head, 1.0F); }
    // By the same angle the other way.
    void rotate_back(std::size_t i, std::span<float> head) const { turn(i, head, -1.0F); }

private:
    void turn(std::size_t i, std::span<float> head, float sense) const;

    std::size_t pairs_;
    bool adjacent_;               // pairs are (0,1), (2,3) …; otherwise (i, i + pairs)
    std::vector<float> cos_sin_;  // [count, pairs, 2]
};

// Those of one pass, each made once for all the layers that rotate alike.
class RopeTables {
public:
    const RopeTable& of(const model::RopePlan& plan, std::span<const float> factors, std::uint32_t first,
                        std::uint32_t count);

private:
    struct Entry {
        model::RopePlan plan;
        std::vector<float> factors;
        std::uint32_t first, count;
        RopeTable table;
    };
    std::list<Entry> made_;
};

}  // namespace attnx::forward
