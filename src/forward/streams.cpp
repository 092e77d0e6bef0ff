#include "streams.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "attnx/base/error.h"
#include "ops/activation.h"
#include "ops/matmul.h"

namespace attnx::forward {

LayerEmbeddings::LayerEmbeddings(const model::Graph& graph, const Tensors& tensors)
    : graph_(graph), table_(tensors.matrix("per_layer_token_embd")), projection_(tensors.linear("per_layer_model_proj")),
      norm_(tensors.norm("per_layer_proj_norm")) {
    tensors.require("per_layer_token_embd");
    tensors.require("per_layer_model_proj");
    const std::size_t all = graph.layers.size() * graph.per_layer_input->width;
    expect_shape(table_, all, table_.outputs);
    expect_shape(projection_.weight, graph.width, all);
}

void LayerEmbeddings::prepare(std::span<const std::uint32_t> tokens, const Matrix& embedding, Workers& workers) {
    const std::size_t width = graph_.per_layer_input->width;
    Matrix projected = applied(projection_, embedding, workers);
    scale_by(projected, 1.0F / std::sqrt(static_cast<float>(graph_.width)));
    inputs_.assign(graph_.layers.size(), Matrix(tokens.size(), width));
    std::vector<float> own(table_.inputs);
    const float own_scale = std::sqrt(static_cast<float>(width));
    for (std::size_t t = 0; t < tokens.size(); ++t) {
        table_.read(tokens[t], 1, own.data());
        for (std::size_t layer = 0; layer < inputs_.size(); ++layer) {
            const std::span<float> part(projected.row(t) + layer * width, width);
            normalize({graph_.norm, graph_.norm_epsilon}, norm_, part);
            for (std::size_t i = 0; i < width; ++i) {
                inputs_[layer].row(t)[i] = (part[i] + own[layer * width + i] * own_scale) * (1.0F / std::numbers::sqrt2_v<float>);
            }
        }
    }
}

Matrix PerLayerGate::run(NormRule rule, const Matrix& x, const Matrix& input, Workers& workers) const {
    Matrix inner = applied(gate, x, workers);
    gate_activation(model::Activation::gelu, 0.0F, inner.values, input.values);
    return normalized(rule, norm, applied(projection, inner, workers));
}

AltUpLayer::AltUpLayer(const model::Graph& graph, const Tensors& tensors)
    : rule_{graph.norm, graph.norm_epsilon}, copies_(graph.altup->copies), active_(graph.altup->active),
      router_norm_(tensors.norm("altup_router_norm")), router_(tensors.require_linear("altup_router")),
      predict_(tensors.require_linear("altup_predict_coef")), correct_(tensors.require_linear("altup_correct_coef")),
      correct_scale_(tensors.require_vector("altup_correct_scale")) {
    if (correct_scale_.size() != graph.width) throw Error(ErrorCode::bad_dimensions, "altup_correct_scale does not have the model's width");
    expect_shape(predict_.weight, copies_, std::size_t{copies_} * copies_);
    expect_shape(correct_.weight, copies_, copies_);
}

Matrix AltUpLayer::modalities(const Matrix& x, Workers& workers) const {
    Matrix in = normalized(rule_, router_norm_, x);
    scale_by(in, 1.0F / static_cast<float>(x.columns));
    Matrix m = applied(router_, in, workers);
    for (float& v : m.values) v = std::tanh(v);
    return m;
}

std::vector<Matrix> AltUpLayer::predict(const std::vector<Matrix>& copies, Workers& workers) const {
    const Matrix coefficients = applied(predict_, modalities(copies[active_], workers), workers);  // [tokens, copies, copies]
    std::vector<Matrix> predicted(copies_, Matrix(copies[0].rows, copies[0].columns));
    for (std::uint32_t to = 0; to < copies_; ++to) {
        for (std::uint32_t from = 0; from < copies_; ++from) {
            for (std::size_t t = 0; t < predicted[to].rows; ++t) {
                const float c = coefficients.row(t)[to * copies_ + from];
                for (std::size_t i = 0; i < predicted[to].columns; ++i) predicted[to].row(t)[i] += c * copies[from].row(t)[i];
            }
        }
        add_into(predicted[to], copies[to]);
    }
    return predicted;
}

std::vector<Matrix> AltUpLayer::correct(std::vector<Matrix> predicted, const Matrix& activated, Workers& workers) const {
    const Matrix coefficients = applied(correct_, modalities(activated, workers), workers);        // [tokens, copies]
    const Matrix before = predicted[active_];
    for (std::uint32_t copy = 0; copy < copies_; ++copy) {
        for (std::size_t t = 0; t < before.rows; ++t) {
            const float c = coefficients.row(t)[copy] + 1.0F;
            for (std::size_t i = 0; i < before.columns; ++i) predicted[copy].row(t)[i] += c * (activated.row(t)[i] - before.row(t)[i]);
        }
    }
    return predicted;
}

void AltUpLayer::scale_corrected(Matrix& active) const {
    for (std::size_t t = 0; t < active.rows; ++t) {
        for (std::size_t i = 0; i < active.columns; ++i) active.row(t)[i] *= correct_scale_[i];
    }
}

namespace {

float length(std::span<const float> x) {
    double squares = 0.0;
    for (const float v : x) squares += static_cast<double>(v * v);
    return std::sqrt(static_cast<float>(squares));
}

// W x, with each row as long as the row of `like`.
Matrix projected_as_long(const Weight& weight, const Matrix& x, const Matrix& like, Workers& workers) {
    Matrix y(x.rows, weight.outputs);
    multiply(weight, x.values.data(), x.columns, x.rows, y.values.data(), y.columns, workers);
    for (std::size_t t = 0; t < y.rows; ++t) {
        const float wanted = length(like.row_span(t)), own = length(y.row_span(t));
        for (float& v : y.row_span(t)) v = v * wanted / own;
    }
    return y;
}

}  // namespace

AltUpEnds::AltUpEnds(const model::Graph& graph, const Tensors& tensors)
    : copies_(graph.altup->copies), active_(graph.altup->active), in_(tensors.require_stack("altup_proj")),
      out_(tensors.require_stack("altup_unembd_proj")) {
    for (const auto& stack : {in_, out_}) expect_shape(stack.all, graph.width, std::size_t{copies_ - 1} * graph.width);
}

std::vector<Matrix> AltUpEnds::spread(const Matrix& embedding, Workers& workers) const {
    std::vector<Matrix> copies{embedding};
    for (std::uint32_t i = 0; i + 1 < copies_; ++i) copies.push_back(projected_as_long(in_.at(i), embedding, embedding, workers));
    return copies;
}

Matrix AltUpEnds::collapse(const std::vector<Matrix>& copies, Workers& workers) const {
    Matrix sum = copies[0];
    for (std::uint32_t i = 0; i + 1 < copies_; ++i) add_into(sum, projected_as_long(out_.at(i), copies[i + 1], copies[active_], workers));
    scale_by(sum, 1.0F / static_cast<float>(copies_));
    return sum;
}

}  // namespace attnx::forward
