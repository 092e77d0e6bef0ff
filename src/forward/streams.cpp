#include "streams.h"

#include <cmath>
#include <numbers>

#include "ops/activation.h"
#include "ops/matmul.h"

namespace attnx::forward {

LayerEmbeddings::LayerEmbeddings(const model::Graph& graph, const Tensors& tensors, std::size_t vocabulary)
    : graph_(graph) {
    const std::size_t all = product({graph.layers.size(), graph.per_layer_input->width}, "embeddings per layer");
    table_ = tensors.optional_matrix(Stem::per_layer_token_embd, all, vocabulary);
    projection_ = tensors.linear(Stem::per_layer_model_proj, graph.width, all);
    norm_ = tensors.norm(Stem::per_layer_proj_norm, graph.per_layer_input->width);
}

void LayerEmbeddings::prepare(std::span<const std::uint32_t> tokens, const Matrix& embedding, Workers& workers) {
    const std::size_t width = graph_.per_layer_input->width;
    Matrix projected = applied(projection_, embedding, workers);
    scale_by(projected, 1.0F / std::sqrt(static_cast<float>(graph_.width)));
    inputs_.assign(graph_.layers.size(), Matrix(tokens.size(), width));
    std::vector<float> own(table_.inputs);
    const float own_scale = std::sqrt(static_cast<float>(width));
    for (std::size_t t = 0; t < tokens.size(); ++t) {
        if (table_) table_.read(tokens[t], 1, own);
        for (std::size_t layer = 0; layer < inputs_.size(); ++layer) {
            const std::span<float> from = projected.part(t, layer * width, width);
            const std::span<float> to = inputs_[layer].row(t);
            normalize({graph_.norm, graph_.norm_epsilon}, norm_, from);
            copy(from, to);
            if (!table_) continue;
            const std::span<const float> mine =
                part(std::span<const float>(own), layer * width, width, "embeddings per layer");
            for (std::size_t i = 0; i < width; ++i)
                to[i] = (from[i] + mine[i] * own_scale) * (1.0F / std::numbers::sqrt2_v<float>);
        }
    }
}

PerLayerGate::PerLayerGate(const model::Graph& graph, const Tensors& tensors) {
    const std::size_t width = graph.per_layer_input->width;
    gate_ = tensors.linear(Stem::inp_gate, graph.width, width);
    projection_ = tensors.linear(Stem::proj, width, graph.width);
    norm_ = tensors.norm(Stem::post_norm, graph.width);
}

Matrix PerLayerGate::run(NormRule rule, const Matrix& x, const Matrix& input, Workers& workers) const {
    Matrix inner = applied(gate_, x, workers);
    gate_activation({model::Activation::gelu}, inner.values, input.values);
    return normalized(rule, norm_, applied(projection_, inner, workers));
}

AltUpLayer::AltUpLayer(const model::Graph& graph, const Tensors& tensors)
    : rule_{graph.norm, graph.norm_epsilon},
      copies_(graph.altup->copies),
      active_(graph.altup->active),
      router_norm_(tensors.norm(Stem::altup_router_norm, graph.width)),
      router_(tensors.linear(Stem::altup_router, graph.width, copies_)),
      predict_(tensors.linear(Stem::altup_predict_coef, copies_, std::size_t{copies_} * copies_)),
      correct_(tensors.linear(Stem::altup_correct_coef, copies_, copies_)),
      correct_scale_(tensors.vector(Stem::altup_correct_scale, graph.width)) {}

Matrix AltUpLayer::modalities(const Matrix& x, Workers& workers) const {
    Matrix in = normalized(rule_, router_norm_, x);
    scale_by(in, 1.0F / static_cast<float>(x.columns));
    Matrix m = applied(router_, in, workers);
    for (float& v : m.values) v = std::tanh(v);
    return m;
}

std::vector<Traced> AltUpLayer::predict(const std::vector<Traced>& copies, Workers& workers) const {
    const Matrix coefficients =
        applied(predict_, modalities(copies[active_], workers), workers);  // [tokens, copies, copies]
    std::vector<Traced> predicted(copies_, Matrix(copies[0].rows, copies[0].columns));
    Tape* tape = copies[0].tape;
    for (std::uint32_t to = 0; to < copies_; ++to) {
        std::vector<Tape::Term> terms;
        for (std::uint32_t from = 0; from < copies_; ++from) {
            for (std::size_t t = 0; t < predicted[to].rows; ++t) {
                const float c = coefficients.part(t, to * copies_ + from, 1).front();
                const std::span<float> sum = predicted[to].row(t);
                add_scaled(sum, copies.at(from).part(t, 0, sum.size()), c);
                if (tape != nullptr && t == tape->row()) terms.push_back(copies[from].whole(c));
            }
        }
        predicted[to].is_sum_of(tape, std::move(terms));
        add_into(predicted[to], copies[to]);
    }
    return predicted;
}

std::vector<Traced> AltUpLayer::correct(std::vector<Traced> predicted, const Traced& activated,
                                        Workers& workers) const {
    const Matrix coefficients = applied(correct_, modalities(activated, workers), workers);  // [tokens, copies]
    const Traced before = predicted[active_];
    for (std::uint32_t copy = 0; copy < copies_; ++copy) {
        for (std::size_t t = 0; t < before.rows; ++t) {
            const float c = coefficients.part(t, copy, 1).front() + 1.0F;
            const std::span<float> to = predicted.at(copy).part(t, 0, before.columns);
            const std::span<const float> now = activated.part(t, 0, before.columns), then = before.row(t);
            for (std::size_t i = 0; i < to.size(); ++i) to[i] += c * (now[i] - then[i]);
            if (before.tape != nullptr && t == before.tape->row())
                predicted[copy].is_sum_of(before.tape, {predicted[copy].whole(), activated.whole(c), before.whole(-c)});
        }
    }
    return predicted;
}

void AltUpLayer::scale_corrected(Matrix& active) const {
    for (std::size_t t = 0; t < active.rows; ++t) multiply(active.row(t), correct_scale_);
}

namespace {

float length(std::span<const float> x) {
    double squares = 0.0;
    for (const float v : x) squares += static_cast<double>(v * v);
    return std::sqrt(static_cast<float>(squares));
}

// W x, with each row as long as the row of `like`.
Traced projected_as_long(const Weight& weight, const Traced& x, const Matrix& like, Workers& workers) {
    Linear linear;
    linear.weight = weight;
    Traced y = applied(linear, x, workers);
    for (std::size_t t = 0; t < y.rows; ++t) {
        const float wanted = length(like.row(t)), own = length(y.row(t));
        for (float& v : y.row(t)) v = v * wanted / own;
        if (y.tape != nullptr && t == y.tape->row()) y.is_sum_of(y.tape, {y.whole(wanted / own)});
    }
    return y;
}

}  // namespace

AltUpEnds::AltUpEnds(const model::Graph& graph, const Tensors& tensors)
    : copies_(graph.altup->copies),
      active_(graph.altup->active),
      in_(tensors.stack(Stem::altup_proj, graph.width, graph.width, copies_ - 1)),
      out_(tensors.stack(Stem::altup_unembd_proj, graph.width, graph.width, copies_ - 1)) {}

std::vector<Traced> AltUpEnds::spread(const Traced& embedding, Workers& workers) const {
    std::vector<Traced> copies{embedding};
    for (std::uint32_t i = 0; i + 1 < copies_; ++i)
        copies.push_back(projected_as_long(in_.at(i), embedding, embedding, workers));
    return copies;
}

Traced AltUpEnds::collapse(const std::vector<Traced>& copies, Workers& workers) const {
    Traced sum = copies[0];
    for (std::uint32_t i = 0; i + 1 < copies_; ++i)
        add_into(sum, projected_as_long(out_.at(i), copies[i + 1], copies[active_], workers));
    scale_by(sum, 1.0F / static_cast<float>(copies_));
    return sum;
}

}  // namespace attnx::forward
