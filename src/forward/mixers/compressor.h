// Makes rows that each stand for several tokens (DeepSeek-V4): in every dimension the sum of what the tokens offer,
// weighted by a softmax of their scores and of their place in the group, then normalised. Where rows overlap, tokens
// offer one half to the row of their own group and the other one to the row after it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "../kernel.h"
#include "../ops/norm.h"
#include "../weights.h"
#include "attnx/model/graph.h"
#include "mixer.h"

namespace attnx::forward {

class Compressor {
public:
    struct Stems {
        Stem offers, scores, places, norm;
    };
    static constexpr Stems kKeys{Stem::attn_compressor_kv, Stem::attn_compressor_gate, Stem::attn_compressor_ape,
                                 Stem::attn_compressor_norm};
    static constexpr Stems kIndex{Stem::indexer_compressor_kv, Stem::indexer_compressor_gate,
                                  Stem::indexer_compressor_ape, Stem::indexer_compressor_norm};

    Compressor(const MixerParts& parts, const Stems& stems, const model::CompressionPlan& plan, std::size_t dim);

    // The rows that are whole with these tokens.
    Matrix run(const Matrix& x, const Pass& pass);
    void reset();

private:
    Matrix scored(const Matrix& x, const Pass& pass) const;
    void sum(std::size_t first, std::span<float> to, Simd simd) const;

    NormRule rule_;
    std::size_t ratio_, dim_;
    bool overlaps_;
    Linear offer_, score_;
    std::vector<float> places_;  // [ratio, offers]
    Norm norm_;
    // Of tokens whose row is not whole yet; before them, where rows overlap, those of the last one that is.
    Matrix offers_, scores_;
    std::size_t before_ = 0;
};

}  // namespace attnx::forward
