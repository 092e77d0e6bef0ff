// Weights as a page carries them. A code is the root of a weight: small weights, of which there are most, keep more of
// their digits than equal steps would leave them.
#include <algorithm>
#include <bit>
#include <cmath>

#include "../base64.h"
#include "attnx/view/viewer.h"

namespace attnx::view {
namespace {

std::uint32_t code_of(float weight, std::uint32_t most) {
    if (!(weight > 0)) return 0;
    return static_cast<std::uint32_t>(std::lround(std::sqrt(std::min(1.0, double{weight})) * most));
}

std::uint32_t most_of(Packing packing) { return (1U << bits_of(packing)) - 1; }

}  // namespace

std::uint32_t bits_of(Packing packing) {
    switch (packing) {
        case Packing::code8: return 8;
        case Packing::code16: return 16;
        case Packing::float32: return 32;
    }
    return 32;
}

// Between the squares of c and c + 1 lie (2c + 1) / m²; the boundary is at c + 1/2, so at most (c + 3/4) / m² are lost.
double largest_error(Packing packing) {
    if (packing == Packing::float32) return 0;
    const double most = most_of(packing);
    return (most - 0.25) / (most * most);
}

std::string packed(std::span<const float> weights, Packing packing) {
    Base64 text;
    for (const float weight : weights) {
        const std::uint32_t code =
            packing == Packing::float32 ? std::bit_cast<std::uint32_t>(weight) : code_of(weight, most_of(packing));
        for (std::uint32_t bit = 0; bit < bits_of(packing); bit += 8) text.add(static_cast<std::uint8_t>(code >> bit));
    }
    return text.take();
}

std::uint64_t packed_length(std::uint64_t weights, Packing packing) {
    return (weights * (bits_of(packing) / 8) + 2) / 3 * 4;
}

}  // namespace attnx::view
