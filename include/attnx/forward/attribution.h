// forward: what one logit is a sum of (direct logit attribution). The stream is linear in what was written into it once
// the scales of norms, the weights of mixtures and gates are taken as they were.
#pragma once

#include <cstdint>
#include <vector>

namespace attnx::forward {

struct Attribution {
    struct OfHead {
        std::uint32_t layer = 0, head = 0;
        double value = 0;
    };
    struct OfLayer {
        std::uint32_t layer = 0;
        double value = 0;
    };

    double logit = 0;  // as the output matrix gave it, scaled; before a final cap
    double embedding = 0;
    std::vector<OfHead> heads;
    std::vector<OfLayer> feed_forward, mixers;  // mixers: those that have no heads
    // Biases of W_O, of norms and of the output, embeddings per layer, n-grams, Laurel, adapters of W_O, first states.
    double other = 0;
    // By how much the products with W_O and the output matrix differ from those of the numbers they were given, which
    // llama.cpp rounds first. 0 among floats, where it is not looked at.
    double rounding = 0;

    double total() const;  // of all parts
};

}  // namespace attnx::forward
