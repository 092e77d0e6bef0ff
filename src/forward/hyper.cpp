// Streams with one weight each, made by one matrix of all of them; with mHC (arXiv 2512.24880) they are mixed with each
// other as well.
#include "hyper.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "ops/activation.h"
#include "ops/matmul.h"
#include "ops/norm.h"

namespace attnx::forward {

namespace {

constexpr std::uint32_t kMostIterations = 1000;  // what converges does so in tens

struct StreamStems {
    Stem matrix, base, scale;
};

StreamStems stems_of(StreamPlace place) {
    switch (place) {
        case StreamPlace::mixer: return {Stem::hc_attn_fn, Stem::hc_attn_base, Stem::hc_attn_scale};
        case StreamPlace::feed_forward: return {Stem::hc_ffn_fn, Stem::hc_ffn_base, Stem::hc_ffn_scale};
        case StreamPlace::head: break;
    }
    return {Stem::output_hc_fn, Stem::output_hc_base, Stem::output_hc_scale};
}

// comb: [from, to]. Divides what goes to each stream (or, by rows, what comes from each) by its sum.
void balance(std::span<float> comb, std::size_t count, bool rows, float epsilon) {
    const std::size_t line = rows ? count : 1, step = rows ? 1 : count;
    for (std::size_t i = 0; i < count; ++i) {
        float sum = epsilon;
        for (std::size_t j = 0; j < count; ++j) sum += comb[i * line + j * step];
        for (std::size_t j = 0; j < count; ++j) comb[i * line + j * step] *= 1.0F / sum;
    }
}

// row: streams side by side, before the branch; becomes what they are with it.
void recombine(std::span<const float> comb, std::span<const float> weights, std::span<const float> branch,
               std::span<float> row) {
    const std::vector<float> before(row.begin(), row.end());
    const std::size_t width = branch.size(), count = weights.size();
    for (std::size_t to = 0; to < count; ++to) {
        const std::span<float> stream = row.subspan(to * width, width);
        for (std::size_t i = 0; i < width; ++i) stream[i] = weights[to] * branch[i];
        for (std::size_t from = 0; from < count; ++from)
            add_scaled(stream, std::span(before).subspan(from * width, width), comb[from * count + to]);
    }
}

class WeightedStreams : public StreamMixer {
public:
    WeightedStreams(const model::Graph& graph, const Tensors& tensors, StreamPlace place);

    Traced read(const Traced& streams, HandedOn& handed, Workers& workers) override;
    void write(Traced& streams, const Traced& branch) const override;

private:
    void weigh(std::span<const float> mix, std::size_t token);
    std::vector<float> comb_of(std::span<const float> mix) const;
    void note(Traced& streams, const Traced& branch) const;

    model::HyperConnections plan_;
    std::size_t count_, width_;
    bool writes_;
    NormRule rule_;
    Weight matrix_;
    std::vector<float> base_, scale_;
    Matrix weights_;  // of the last read: [tokens, count]
    Matrix combs_;    // [tokens, from, to]; empty: streams are not mixed with each other
};

WeightedStreams::WeightedStreams(const model::Graph& graph, const Tensors& tensors, StreamPlace place)
    : plan_(*graph.hyper),
      count_(plan_.count),
      width_(graph.width),
      writes_(place != StreamPlace::head),
      rule_{model::NormKind::rms, graph.norm_epsilon} {
    const bool mixes = writes_ && plan_.sinkhorn;
    if (mixes && (*plan_.sinkhorn == 0 || *plan_.sinkhorn > kMostIterations))
        throw Error(ErrorCode::bad_value, fmt::format("{} Sinkhorn iterations", *plan_.sinkhorn));
    const std::size_t parts = !writes_ ? 1 : mixes ? count_ + 2 : 2;
    const std::size_t outputs = product({parts, count_}, "mixtures of residual streams");
    const StreamStems stems = stems_of(place);
    matrix_ = tensors.matrix(stems.matrix, product({count_, width_}, "residual streams"), outputs);
    base_ = tensors.vector(stems.base, outputs);
    scale_ = tensors.vector(stems.scale, std::min<std::size_t>(parts, 3));
}

// How the branch is added, and the streams are mixed, of one token.
void WeightedStreams::weigh(std::span<const float> mix, std::size_t token) {
    for (std::size_t s = 0; s < count_; ++s) {
        const float back = sigmoid(mix[count_ + s] * scale_[1] + base_[count_ + s]);
        weights_.row(token)[s] = plan_.magnitude * back + plan_.write_epsilon;
    }
    if (combs_.rows != 0) copy(comb_of(mix), combs_.row(token));
}

std::vector<float> WeightedStreams::comb_of(std::span<const float> mix) const {
    std::vector<float> comb(count_ * count_);
    for (std::size_t i = 0; i < comb.size(); ++i) comb[i] = mix[2 * count_ + i] * scale_[2] + base_[2 * count_ + i];
    for (std::size_t from = 0; from < count_; ++from) {
        const std::span<float> row = std::span(comb).subspan(from * count_, count_);
        const float most = *std::ranges::max_element(row);
        float sum = 0.0F;
        for (float& v : row) sum += v = std::exp(v - most);
        for (float& v : row) v = v * (1.0F / sum) + plan_.epsilon;
    }
    balance(comb, count_, false, plan_.epsilon);
    for (std::uint32_t i = 1; i < *plan_.sinkhorn; ++i) {
        balance(comb, count_, true, plan_.epsilon);
        balance(comb, count_, false, plan_.epsilon);
    }
    return comb;
}

Traced WeightedStreams::read(const Traced& streams, HandedOn& handed, Workers& workers) {
    const Matrix normed = normalized(rule_, {}, static_cast<const Matrix&>(streams));
    Matrix mixes(streams.rows, matrix_.outputs);
    multiply(matrix_, normed.all(), mixes.all(), workers);
    Matrix reading(streams.rows, count_);
    weights_ = Matrix(writes_ ? streams.rows : 0, count_);
    combs_ = Matrix(writes_ && plan_.sinkhorn ? streams.rows : 0, count_ * count_);
    for (std::size_t t = 0; t < streams.rows; ++t) {
        const std::span<const float> mix = mixes.row(t);
        for (std::size_t s = 0; s < count_; ++s)
            reading.row(t)[s] = sigmoid(mix[s] * scale_[0] + base_[s]) + plan_.epsilon;
        if (writes_) weigh(mix, t);
    }
    if (plan_.end == model::StreamEnd::lagging) std::swap(reading, handed.stream_weights);
    return mixture_of_streams(streams, reading, count_);
}

// What each stream is made of: of all, or of itself, and of the branch.
void WeightedStreams::note(Traced& streams, const Traced& branch) const {
    if (branch.tape == nullptr) return;
    const std::size_t row = branch.tape->row();
    std::vector<Tape::Term> terms;
    for (std::size_t to = 0; to < count_; ++to) {
        for (std::size_t from = 0; from < count_; ++from) {
            const float factor = combs_.rows != 0 ? combs_.row(row)[from * count_ + to] : from == to ? 1.0F : 0.0F;
            terms.push_back({streams.node, width_, from * width_, to * width_, factor});
        }
        terms.push_back({branch.node, width_, 0, to * width_, weights_.row(row)[to]});
    }
    streams.is_sum_of(branch.tape, std::move(terms));
}

void WeightedStreams::write(Traced& streams, const Traced& branch) const {
    note(streams, branch);
    for (std::size_t t = 0; t < streams.rows; ++t) {
        const std::span<const float> from = branch.part(t, 0, width_);
        if (combs_.rows != 0) {
            recombine(combs_.row(t), weights_.row(t), from, streams.part(t, 0, count_ * width_));
            continue;
        }
        for (std::size_t s = 0; s < count_; ++s)
            add_scaled(streams.part(t, s * width_, width_), from, weights_.row(t)[s]);
    }
}

}  // namespace

std::unique_ptr<StreamMixer> make_stream_mixer(const model::Graph& graph, const Tensors& tensors, StreamPlace place) {
    if (graph.hyper->low_rank) return make_low_rank_mixer(graph, tensors, place);
    return std::make_unique<WeightedStreams>(graph, tensors, place);
}

Traced spread_streams(const Traced& embedding, std::size_t count) {
    const std::size_t width = embedding.columns;
    Traced streams(Matrix(embedding.rows, product({count, width}, "residual streams")));
    for (std::size_t t = 0; t < embedding.rows; ++t)
        for (std::size_t s = 0; s < count; ++s) copy(embedding.row(t), streams.part(t, s * width, width));
    std::vector<Tape::Term> terms;
    for (std::size_t s = 0; s < count; ++s) terms.push_back({embedding.node, width, 0, s * width});
    streams.is_sum_of(embedding.tape, std::move(terms));
    return streams;
}

Traced mean_of_streams(const Traced& streams, std::size_t count) {
    const std::size_t width = share(streams.columns, count, "residual streams");
    Traced sum(Matrix(streams.rows, width));
    for (std::size_t t = 0; t < streams.rows; ++t)
        for (std::size_t s = 0; s < count; ++s) add(sum.row(t), streams.part(t, s * width, width));
    std::vector<Tape::Term> terms;
    for (std::size_t s = 0; s < count; ++s) terms.push_back({streams.node, width, s * width});
    sum.is_sum_of(streams.tape, std::move(terms));
    scale_by(sum, 1.0F / static_cast<float>(count));
    return sum;
}

Traced mixture_of_streams(const Traced& streams, const Matrix& weights, std::size_t count) {
    const std::size_t width = share(streams.columns, count, "residual streams");
    const std::size_t mixed = weights.rows == 0 ? 1 : count;
    const auto weight = [&](std::size_t t, std::size_t s) { return weights.rows == 0 ? 1.0F : weights.row(t)[s]; };
    Traced sum(Matrix(streams.rows, width));
    for (std::size_t t = 0; t < streams.rows; ++t) {
        const std::span<float> to = sum.row(t);
        for (std::size_t s = 0; s < mixed; ++s) add_scaled(to, streams.part(t, s * width, width), weight(t, s));
    }
    if (streams.tape == nullptr) return sum;
    std::vector<Tape::Term> terms;
    for (std::size_t s = 0; s < mixed; ++s)
        terms.push_back({streams.node, width, s * width, 0, weight(streams.tape->row(), s)});
    sum.is_sum_of(streams.tape, std::move(terms));
    return sum;
}

}  // namespace attnx::forward
