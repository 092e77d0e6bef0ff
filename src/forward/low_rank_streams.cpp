// Streams of which every element has a weight of its own (Qwen 4): sigmoids of a product of low rank. Each stream is
// normalised by itself, which stands in the place of the norms before branches.
#include <algorithm>
#include <optional>
#include <vector>

#include "hyper.h"
#include "ops/activation.h"
#include "ops/matmul.h"
#include "ops/norm.h"

namespace attnx::forward {

namespace {

struct LowRankStems {
    Stem norm, down, up, inject, down_inject;
};

LowRankStems stems_of_low_rank(StreamPlace place) {
    switch (place) {
        case StreamPlace::mixer:
            return {Stem::hc_attn_norm, Stem::hc_attn_down, Stem::hc_attn_up, Stem::hc_attn_inject,
                    Stem::hc_attn_down_inject};
        case StreamPlace::feed_forward:
            return {Stem::hc_ffn_norm, Stem::hc_ffn_down, Stem::hc_ffn_up, Stem::hc_ffn_inject,
                    Stem::hc_ffn_down_inject};
        case StreamPlace::head: break;
    }
    return {Stem::output_hc_norm, Stem::output_hc_down, Stem::output_hc_up, Stem::unknown, Stem::unknown};
}

class LowRankStreams : public StreamMixer {
public:
    LowRankStreams(const model::Graph& graph, const Tensors& tensors, StreamPlace place);

    Traced read(const Traced& streams, HandedOn& handed, Workers& workers) override;
    void write(Traced& streams, const Traced& branch) const override;

private:
    Traced normed(const Traced& streams) const;
    float weight_of(std::size_t token, std::size_t stream) const { return 2.0F * sigmoid(weights_.row(token)[stream]); }

    std::size_t count_, width_, rank_;
    NormRule rule_;
    std::vector<float> gains_;  // of all streams
    Linear down_, up_, inject_, down_inject_;
    Matrix weights_;  // of the last read: [tokens, count]
};

LowRankStreams::LowRankStreams(const model::Graph& graph, const Tensors& tensors, StreamPlace place)
    : count_(graph.hyper->count),
      width_(graph.width),
      rank_(*graph.hyper->low_rank),
      rule_{model::NormKind::rms, graph.norm_epsilon, count_} {
    const std::size_t all = product({count_, width_}, "residual streams");
    const LowRankStems stems = stems_of_low_rank(place);
    (void)share(all, count_, "residual streams");
    gains_ = tensors.vector(stems.norm, all);
    up_ = tensors.linear(stems.up, rank_, all);
    if (place == StreamPlace::head) {
        down_ = tensors.linear(stems.down, all, rank_);
    } else if (tensors.has(stems.down_inject)) {
        down_inject_ = tensors.linear(stems.down_inject, all, rank_ + count_);
    } else {
        down_ = tensors.linear(stems.down, all, rank_);
        inject_ = tensors.linear(stems.inject, all, count_);
    }
}

Traced LowRankStreams::normed(const Traced& streams) const {
    Traced x = normalized(rule_, {}, streams);
    multiply_rows(x, gains_);
    return x;
}

Traced LowRankStreams::read(const Traced& streams, HandedOn& /*handed*/, Workers& workers) {
    Traced x = normed(streams);
    const Matrix& in = x;
    Matrix low = applied(down_inject_ ? down_inject_ : down_, in, workers);
    weights_ = inject_ ? applied(inject_, in, workers) : Matrix{};
    if (down_inject_) {
        weights_ = Matrix(low.rows, count_);
        Matrix first(low.rows, rank_);
        for (std::size_t t = 0; t < low.rows; ++t) {
            copy(low.part(t, rank_, count_), weights_.row(t));
            copy(low.part(t, 0, rank_), first.row(t));
        }
        low = std::move(first);
    }
    const float share_of_each = 1.0F / static_cast<float>(count_);
    scale_by(weights_, share_of_each);
    scale_by(low, share_of_each);
    for (float& v : low.values) v = silu(v);
    Matrix gates = applied(up_, low, workers);
    for (float& v : gates.values) v = sigmoid(v);
    multiply_each(x, gates);
    return mean_of_streams(x, count_);
}

// A weight of 0 is a plain addition.
void LowRankStreams::write(Traced& streams, const Traced& branch) const {
    std::vector<Tape::Term> terms{streams.whole()};
    for (std::size_t s = 0; s < count_ && branch.tape != nullptr; ++s)
        terms.push_back({branch.node, width_, 0, s * width_, weight_of(branch.tape->row(), s)});
    streams.is_sum_of(branch.tape, std::move(terms));
    for (std::size_t t = 0; t < streams.rows; ++t) {
        const std::span<const float> from = branch.part(t, 0, width_);
        for (std::size_t s = 0; s < count_; ++s) {
            add_scaled(streams.part(t, s * width_, width_), from, weight_of(t, s));
        }
    }
}

}  // namespace

std::unique_ptr<StreamMixer> make_low_rank_mixer(const model::Graph& graph, const Tensors& tensors, StreamPlace place) {
    return std::make_unique<LowRankStreams>(graph, tensors, place);
}

}  // namespace attnx::forward
