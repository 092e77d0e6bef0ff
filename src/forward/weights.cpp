#include "weights.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "attnx/base/checked.h"
#include "attnx/base/error.h"
#include "attnx/tensor/dequant.h"
#include "attnx/tensor/view.h"

namespace attnx::forward {

namespace {

std::string_view name_of(const Weight& weight) {
    return weight.tensor != nullptr ? weight.tensor->name : "a matrix that is not there";
}

std::string size_text(std::size_t size) { return size == kAny ? "any" : std::to_string(size); }

std::string shape_text(const gguf::TensorInfo& tensor) {
    return fmt::format("[{}]",
                       fmt::join(tensor.ne.begin(), tensor.ne.begin() + std::max(1U, tensor.dimension_count), ", "));
}

bool fits(std::uint64_t is, std::size_t expected) { return expected == kAny || is == expected; }

}  // namespace

Weight Weight::rows(std::size_t first, std::size_t count) const {
    if (first > outputs || count > outputs - first) outside(first, count, outputs, name_of(*this));
    Weight part = *this;
    part.bytes = bytes.subspan(first * row_bytes, count * row_bytes);
    part.outputs = count;
    return part;
}

void Weight::read(std::size_t first, std::size_t count, std::span<float> out) const {
    const Weight part = rows(first, count);
    if (count == 0) return;
    if (out.size() / inputs != count || out.size() % inputs != 0)
        outside(0, out.size(), count * inputs, name_of(*this));
    tensor::dequantize(tensor->type->type, part.bytes, out, order);
    if (turn) turn->undo(out);
}

Weight WeightStack::at(std::size_t i) const {
    if (i >= count) outside(i, 1, count, name_of(all));
    return all.rows(i * outputs, outputs);
}

const model::PlannedTensor* Tensors::planned(Stem stem, Suffix suffix) const {
    if (stem == Stem::unknown) return nullptr;
    const model::PlannedTensor* tensor = plan_->find(place_, stem, suffix);
    if (suffix == Suffix::weight && (tensor == nullptr || !tensor->index)) {
        const model::PlannedTensor* bare = plan_->find(place_, stem, Suffix::none);
        if (bare != nullptr) tensor = bare;
    }
    return tensor;
}

const gguf::TensorInfo* Tensors::find(Stem stem, Suffix suffix) const {
    const model::PlannedTensor* tensor = planned(stem, suffix);
    if (tensor == nullptr || !tensor->index || !tensor->used) return nullptr;
    const gguf::TensorInfo& info = file_->tensors()[*tensor->index];
    if (tensor->state == model::TensorState::misshapen) misshapen(info, model::shape_text(*tensor));
    return &info;
}

std::string Tensors::full(Stem stem, Suffix suffix) const {
    const model::PlannedTensor* tensor = planned(stem, suffix);
    return tensor != nullptr ? model::tensor_name(*tensor) : model::tensor_name(place_, stem, suffix);
}

void Tensors::missing(const std::string& name) const {
    throw Error(ErrorCode::missing_tensor, fmt::format("the model has no tensor {}", name), {file_->path(), {}, name});
}

void Tensors::misshapen(const gguf::TensorInfo& tensor, const std::string& expected) const {
    throw Error(ErrorCode::bad_dimensions,
                fmt::format("tensor {} is {}, expected {}", tensor.name, shape_text(tensor), expected),
                {file_->path(), tensor.offset, std::string(tensor.name)});
}

const gguf::TensorInfo& Tensors::require(Stem stem, Suffix suffix) const {
    const auto* tensor = find(stem, suffix);
    if (tensor == nullptr) missing(full(stem, suffix));
    return *tensor;
}

Weight Tensors::weight_of(const gguf::TensorInfo& tensor) const {
    Weight weight;
    weight.tensor = &tensor;
    weight.bytes = file_->data(tensor);  // throws when the type is not known
    weight.inputs = tensor.ne[0];
    weight.outputs = tensor.elements / weight.inputs;
    weight.row_bytes = weight.bytes.size() / weight.outputs;
    weight.order = file_->shards()[tensor.shard].header.layout.order;
    weight.turn = tensor::Turn::of(*file_, tensor);
    if (tensor::find_dequantizer(tensor.type->type) == nullptr) {
        throw Error(ErrorCode::unsupported,
                    fmt::format("tensor {} has type {}, which attnx cannot read", tensor.name, tensor.type->name),
                    {file_->path(), tensor.offset, std::string(tensor.name)});
    }
    return weight;
}

Weight Tensors::optional_matrix(Stem stem, std::size_t inputs, std::size_t outputs) const {
    const auto* tensor = find(stem);
    if (tensor == nullptr) return {};
    if (!fits(tensor->ne[0], inputs) || !fits(tensor->ne[1], outputs) ||
        tensor->elements != tensor->ne[0] * tensor->ne[1]) {
        misshapen(*tensor, fmt::format("[{}, {}]", size_text(inputs), size_text(outputs)));
    }
    return weight_of(*tensor);
}

WeightStack Tensors::optional_stack(Stem stem, std::size_t inputs, std::size_t outputs, std::size_t count) const {
    const auto* tensor = find(stem);
    if (tensor == nullptr) return {};
    if (!fits(tensor->ne[0], inputs) || !fits(tensor->ne[1], outputs) || !fits(tensor->ne[2], count) ||
        tensor->ne[3] != 1) {
        misshapen(*tensor, fmt::format("[{}, {}, {}]", size_text(inputs), size_text(outputs), size_text(count)));
    }
    return {weight_of(*tensor), tensor->ne[2], tensor->ne[1]};
}

std::vector<float> Tensors::read_all(const gguf::TensorInfo* tensor, std::size_t count) const {
    if (tensor == nullptr) return {};
    if (!fits(tensor->elements, count)) misshapen(*tensor, fmt::format("{} elements", count));
    return tensor::TensorView(*file_, *tensor).read_all();
}

std::vector<float> Tensors::optional_vector(Stem stem, std::size_t count, Suffix suffix) const {
    return read_all(find(stem, suffix), count);
}

std::vector<float> Tensors::optional_beginning(Stem stem, std::size_t count) const {
    const auto* tensor = find(stem);
    if (tensor == nullptr) return {};
    if (tensor->ne[0] < count) misshapen(*tensor, fmt::format("{} elements or more", count));
    std::vector<float> values(count);
    tensor::TensorView(*file_, *tensor).read(0, 0, {0, count}, values);
    return values;
}

Linear Tensors::optional_linear(Stem stem, std::size_t inputs, std::size_t outputs) const {
    Linear linear;
    linear.name = full(stem);
    linear.weight = optional_matrix(stem, inputs, outputs);
    if (!linear) return linear;
    linear.scale = scale_of(stem, linear.weight.inputs);
    linear.bias = optional_vector(stem, linear.weight.outputs, Suffix::bias);
    return linear;
}

Linear Tensors::linear_without_bias(Stem stem, std::size_t inputs, std::size_t outputs) const {
    require(stem);
    Linear linear;
    linear.name = full(stem);
    linear.weight = optional_matrix(stem, inputs, outputs);
    linear.scale = scale_of(stem, inputs);
    return linear;
}

float Tensors::scale_of(Stem stem, std::size_t inputs) const {
    const auto* scale = find(stem, Suffix::scale);
    // A router's scale is of its input, and the router's business.
    if (scale == nullptr || scale->elements == inputs) return 1.0F;
    return read_all(scale, 1).front();
}

Norm Tensors::read_norm(Stem stem) const {
    Norm norm;
    norm.name = full(stem);
    const auto* tensor = find(stem);
    if (tensor == nullptr) {
        if (find(stem, Suffix::bias) != nullptr) missing(norm.name);
        return norm;
    }
    norm.width = tensor->ne[0];
    norm.weight = read_all(tensor, kAny);
    norm.bias = optional_vector(stem, norm.weight.size(), Suffix::bias);
    return norm;
}

Norm Tensors::optional_norm(Stem stem, std::size_t width) const {
    const auto* tensor = find(stem);
    if (tensor != nullptr && tensor->elements != width) misshapen(*tensor, fmt::format("{} elements", width));
    return read_norm(stem);
}

Norm Tensors::optional_norm_of_heads(Stem stem, std::size_t heads, std::size_t dim) const {
    const auto* tensor = find(stem);
    const std::size_t all = product({heads, dim}, full(stem));
    if (tensor != nullptr) {
        const std::array<std::uint64_t, 2> is{tensor->ne[0], tensor->elements};
        const std::array<std::array<std::uint64_t, 2>, 4> may{{{all, all}, {dim, dim}, {dim, all}, {1, heads}}};
        if (std::find(may.begin(), may.end(), is) == may.end()) {
            misshapen(*tensor, fmt::format("[{}], [{}], [{}, {}] or [1, {}]", all, dim, dim, heads, heads));
        }
    }
    return read_norm(stem);
}

Weight Tensors::matrix(Stem stem, std::size_t inputs, std::size_t outputs) const {
    require(stem);
    return optional_matrix(stem, inputs, outputs);
}

WeightStack Tensors::stack(Stem stem, std::size_t inputs, std::size_t outputs, std::size_t count) const {
    require(stem);
    return optional_stack(stem, inputs, outputs, count);
}

Linear Tensors::linear(Stem stem, std::size_t inputs, std::size_t outputs) const {
    require(stem);
    return optional_linear(stem, inputs, outputs);
}

Norm Tensors::norm(Stem stem, std::size_t width) const {
    require(stem);
    return optional_norm(stem, width);
}

std::vector<float> Tensors::vector(Stem stem, std::size_t count, Suffix suffix) const {
    require(stem, suffix);
    return optional_vector(stem, count, suffix);
}

}  // namespace attnx::forward
