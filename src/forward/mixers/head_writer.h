// What one head adds to the stream by itself.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "../kernel.h"
#include "../weights.h"

namespace attnx::forward {

// W_O of each head. Refers to the weights it was made of.
class HeadWriter {
public:
    // `gain`: of a norm between heads and W_O, one for each of its inputs; empty: none. `up`: latent attention's
    // matrices from compressed values to values, one per head; nullptr: values are not compressed.
    HeadWriter(const Linear& output, std::uint32_t heads, std::span<const float> gain, const WeightStack* up,
               bool gated);

    std::uint32_t width() const { return static_cast<std::uint32_t>(output_->weight.outputs); }
    bool gated() const { return gated_; }

    // out = W_O^h x for each of the vectors, one after the other. Throws bad_dimensions when they are not of the head.
    void write(std::uint32_t head, std::span<const float> vectors, std::span<float> out, Workers& workers) const;

private:
    const Linear* output_;
    std::size_t dim_;
    std::span<const float> gain_;
    const WeightStack* up_;
    bool gated_;
};

}  // namespace attnx::forward
