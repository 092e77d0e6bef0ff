// Weights as a page carries them. A code is the root of a weight: small weights, of which there are most, keep more of
// their digits than equal steps would leave them.
#include <algorithm>
#include <bit>
#include <cmath>

#include "attnx/view/viewer.h"

namespace attnx::view {
namespace {

constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

class Base64 {
public:
    void add(std::uint32_t value, std::uint32_t bytes) {
        for (std::uint32_t i = 0; i < bytes; ++i) {
            waiting_ = waiting_ << 8U | (value >> (8U * i) & 0xFFU);
            if (++count_ == 3) settle();
        }
    }
    std::string take() {
        if (count_ == 0) return std::move(text_);
        const std::uint32_t missing = 3 - count_;
        waiting_ <<= 8U * missing;
        settle();
        text_.replace(text_.size() - missing, missing, missing, '=');
        return std::move(text_);
    }

private:
    std::string text_;
    std::uint32_t waiting_ = 0, count_ = 0;

    void settle() {
        for (const std::uint32_t shift : {18U, 12U, 6U, 0U}) text_ += kDigits[waiting_ >> shift & 63U];
        waiting_ = count_ = 0;
    }
};

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
    for (const float weight : weights)
        text.add(packing == Packing::float32 ? std::bit_cast<std::uint32_t>(weight) : code_of(weight, most_of(packing)),
                 bits_of(packing) / 8);
    return text.take();
}

std::uint64_t packed_length(std::uint64_t weights, Packing packing) {
    return (weights * (bits_of(packing) / 8) + 2) / 3 * 4;
}

}  // namespace attnx::view
