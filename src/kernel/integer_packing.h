// kernel: rows of weights laid side by side, as products of whole numbers take them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "attnx/kernel/integer_products.h"

namespace attnx::kernel {

// Rows side by side: entry k of row i is at k * lanes + i. Codes are times the factors of their groups, in pairs of 16
// bits; or in fours of bytes. Minima are in pairs. Corrections: what a four gives less with codes of x that are not
// raised.
struct Packed {
    const std::int32_t *codes, *corrections, *factors, *minima;
    const float *scales, *minimum_scales;
};

struct Shape {
    std::size_t section, group, sections, in_lanes;  // in_lanes: of them, how many go through lanes
    std::size_t scales, run, nested;
    Minima minima;
    std::size_t minimum_pairs;        // of a section
    bool lane_minima, scaled_minima;  // a pair for each lane; scaled by themselves
    bool whole, bytes, raised;
    std::int32_t taken_off;  // by the sums of 16, times factors: what was added to codes
};

Shape shape_of(const IntegerForm& form, const Eights& x);

// Packs `lanes` rows of w at a time into `room`.
class Packer {
public:
    Packer(const IntegerForm& form, const Shape& shape, const IntegerRows& w, std::size_t lanes, IntegerRoom& room);

    // Rows from `first` on; those that are not there repeat the last.
    Packed pack(std::size_t first);

private:
    std::int32_t factor(std::size_t row, std::size_t group) const;
    std::int32_t minimum_pair(std::size_t row, std::size_t k) const;
    void fours(std::size_t first);
    void pairs(std::size_t row, std::size_t i);
    // At once, where there are instructions for it: `count` words of each row, `flipped` bits turned.
    bool words(std::size_t first, const void* of_rows, std::size_t count, std::uint32_t flipped, void* to) const;
    void minima(std::size_t first);
    // `count` floats of each row, with their signs turned if negative.
    void floats(std::size_t first, const float* of_rows, std::size_t count, bool negative, float* to) const;

    const IntegerForm& form_;
    const Shape& shape_;
    const IntegerRows& w_;
    std::size_t lanes_;
    IntegerRoom& room_;
};

}  // namespace attnx::kernel
