// Hyper-connections (arXiv 2409.19606): the residual stream is several streams side by side. Each branch reads a
// mixture of them and is added to each with a weight of its own; both are made of the streams themselves, per token.
// With mHC (arXiv 2512.24880) the streams are mixed with each other as well.
#pragma once

#include <cstddef>
#include <vector>

#include "attnx/model/graph.h"
#include "kernel.h"
#include "ops/norm.h"
#include "weights.h"

namespace attnx::forward {

class StreamMixer {
public:
    struct Stems {
        Stem matrix, base, scale;
    };
    static constexpr Stems kMixer{Stem::hc_attn_fn, Stem::hc_attn_base, Stem::hc_attn_scale};
    static constexpr Stems kFeedForward{Stem::hc_ffn_fn, Stem::hc_ffn_base, Stem::hc_ffn_scale};
    static constexpr Stems kHead{Stem::output_hc_fn, Stem::output_hc_base, Stem::output_hc_scale};

    // Around a branch. Without the graph's hyper-connections it is empty.
    StreamMixer() = default;
    StreamMixer(const model::Graph& graph, const Tensors& tensors, const Stems& stems);

    // streams: [tokens, count * width]. What the branch reads, [tokens, width]; the weights that it is added with stay
    // behind for write().
    Matrix read(const Matrix& streams, Workers& workers);
    void write(Matrix& streams, const Matrix& branch) const;

    static Matrix spread(const Matrix& embedding, std::size_t count);
    static Matrix mean(const Matrix& streams, std::size_t count);

private:
    void weigh(std::span<const float> mix, std::size_t token);
    std::vector<float> comb_of(std::span<const float> mix) const;

    model::HyperConnections plan_;
    std::size_t count_ = 0, width_ = 0;
    bool writes_ = false;
    NormRule rule_;
    Weight matrix_;
    std::vector<float> base_, scale_;
    Matrix weights_;  // of the last read: [tokens, count]
    Matrix combs_;    // [tokens, from, to]; empty: streams are not mixed with each other
};

}  // namespace attnx::forward
