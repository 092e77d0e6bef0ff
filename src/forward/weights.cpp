#include "weights.h"

#include <cassert>

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "attnx/tensor/dequant.h"

namespace attnx::forward {

Weight Weight::rows(std::size_t first, std::size_t count) const {
    assert(first + count <= outputs);
    Weight part = *this;
    part.bytes = bytes.subspan(first * row_bytes, count * row_bytes);
    part.outputs = count;
    return part;
}

void Weight::read(std::size_t first, std::size_t count, float* out) const {
    tensor::dequantize(tensor->type->type, bytes.subspan(first * row_bytes, count * row_bytes), {out, count * inputs}, order);
}

const gguf::TensorInfo* Tensors::find_exact(std::string_view name) const {
    return file_->find_tensor(prefix_ + std::string(name));
}

const gguf::TensorInfo* Tensors::find(std::string_view name) const {
    const auto* tensor = find_exact(std::string(name) + ".weight");
    return tensor != nullptr ? tensor : find_exact(name);
}

const gguf::TensorInfo& Tensors::require(std::string_view name) const {
    const auto* tensor = find(name);
    if (tensor == nullptr) {
        const std::string full = prefix_ + std::string(name) + ".weight";
        throw Error(ErrorCode::missing_tensor, fmt::format("the model has no tensor {}", full), {file_->path(), {}, full});
    }
    return *tensor;
}

Weight Tensors::matrix(std::string_view name) const {
    const auto* tensor = find(name);
    if (tensor == nullptr) return {};
    Weight weight;
    weight.tensor = tensor;
    weight.bytes = file_->data(*tensor);
    weight.inputs = tensor->ne[0];
    weight.outputs = weight.inputs == 0 ? 0 : tensor->elements / weight.inputs;
    weight.row_bytes = weight.outputs == 0 ? 0 : weight.bytes.size() / weight.outputs;
    weight.order = file_->shards()[tensor->shard].header.layout.order;
    if (tensor::find_dequantizer(tensor->type->type) == nullptr) {
        throw Error(ErrorCode::unsupported, fmt::format("tensor {} has type {}, which attnx cannot read", tensor->name, tensor->type->name),
                    {file_->path(), tensor->offset, std::string(tensor->name)});
    }
    return weight;
}

WeightStack Tensors::stack(std::string_view name) const {
    WeightStack stack{matrix(name), 0, 0};
    if (stack) {
        stack.outputs = stack.all.tensor->ne[1];
        stack.count = stack.outputs == 0 ? 0 : stack.all.outputs / stack.outputs;
    }
    return stack;
}

std::vector<float> Tensors::read_all(const gguf::TensorInfo* tensor) const {
    if (tensor == nullptr) return {};
    const auto bytes = file_->data(*tensor);  // throws when the type is not known
    std::vector<float> values(tensor->elements);
    tensor::dequantize(tensor->type->type, bytes, values, file_->shards()[tensor->shard].header.layout.order);
    return values;
}

std::vector<float> Tensors::vector(std::string_view name) const { return read_all(find(name)); }

std::vector<float> Tensors::exact(std::string_view full_name) const { return read_all(find_exact(full_name)); }

Linear Tensors::linear(std::string_view name) const {
    Linear linear;
    linear.weight = matrix(name);
    if (!linear) return linear;
    linear.bias = exact(std::string(name) + ".bias");
    if (!linear.bias.empty() && linear.bias.size() != linear.weight.outputs) {
        throw Error(ErrorCode::bad_dimensions,
                    fmt::format("{}{}.bias has {} elements, its matrix {} outputs", prefix_, name, linear.bias.size(), linear.weight.outputs),
                    {file_->path(), {}, prefix_ + std::string(name) + ".bias"});
    }
    const auto scale = exact(std::string(name) + ".scale");
    if (scale.size() == 1) linear.scale = scale[0];
    return linear;
}

Norm Tensors::norm(std::string_view name) const {
    Norm norm;
    if (name.empty()) return norm;
    const auto* tensor = find(name);
    norm.weight = read_all(tensor);
    norm.bias = exact(std::string(name) + ".bias");
    norm.width = tensor != nullptr ? tensor->ne[0] : norm.bias.size();
    return norm;
}

Linear Tensors::require_linear(std::string_view name) const {
    require(name);
    return linear(name);
}

WeightStack Tensors::require_stack(std::string_view name) const {
    require(name);
    return stack(name);
}

std::vector<float> Tensors::require_vector(std::string_view name) const {
    require(name);
    return vector(name);
}

void expect_shape(const Weight& weight, std::size_t inputs, std::size_t outputs) {
    if (!weight || (weight.inputs == inputs && weight.outputs == outputs)) return;
    throw Error(ErrorCode::bad_dimensions,
                fmt::format("{} maps {} numbers to {}, expected {} to {}", weight.tensor->name, weight.inputs, weight.outputs, inputs, outputs),
                {{}, weight.tensor->offset, std::string(weight.tensor->name)});
}

}  // namespace attnx::forward
