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

std::string_view name_of(const Weight& weight) { return weight.tensor != nullptr ? weight.tensor->name : "a matrix that is not there"; }

std::string size_text(std::size_t size) { return size == kAny ? "any" : std::to_string(size); }

std::string shape_text(const gguf::TensorInfo& tensor) {
    return fmt::format("[{}]", fmt::join(tensor.ne.begin(), tensor.ne.begin() + std::max(1U, tensor.dimension_count), ", "));
}

bool fits(std::uint64_t is, std::size_t expected) { return expected == kAny || is == expected; }

std::string bias_of(std::string_view name) { return std::string(name) + ".bias"; }

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
    if (out.size() / inputs != count || out.size() % inputs != 0) outside(0, out.size(), count * inputs, name_of(*this));
    tensor::dequantize(tensor->type->type, part.bytes, out, order);
}

Weight WeightStack::at(std::size_t i) const {
    if (i >= count) outside(i, 1, count, name_of(all));
    return all.rows(i * outputs, outputs);
}

const gguf::TensorInfo* Tensors::find_exact(std::string_view name) const {
    return file_->find_tensor(prefix_ + std::string(name));
}

const gguf::TensorInfo* Tensors::find(std::string_view name) const {
    if (name.empty()) return nullptr;
    const auto* tensor = find_exact(std::string(name) + ".weight");
    return tensor != nullptr ? tensor : find_exact(name);
}

std::string Tensors::full(std::string_view name) const {
    const auto* tensor = find(name);
    return tensor != nullptr ? std::string(tensor->name) : prefix_ + std::string(name) + ".weight";
}

void Tensors::missing(std::string_view name) const {
    throw Error(ErrorCode::missing_tensor, fmt::format("the model has no tensor {}", name), {file_->path(), {}, std::string(name)});
}

void Tensors::misshapen(const gguf::TensorInfo& tensor, const std::string& expected) const {
    throw Error(ErrorCode::bad_dimensions, fmt::format("tensor {} is {}, expected {}", tensor.name, shape_text(tensor), expected),
                {file_->path(), tensor.offset, std::string(tensor.name)});
}

const gguf::TensorInfo& Tensors::require(std::string_view name) const {
    const auto* tensor = find(name);
    if (tensor == nullptr) missing(full(name));
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
    if (tensor::find_dequantizer(tensor.type->type) == nullptr) {
        throw Error(ErrorCode::unsupported, fmt::format("tensor {} has type {}, which attnx cannot read", tensor.name, tensor.type->name),
                    {file_->path(), tensor.offset, std::string(tensor.name)});
    }
    return weight;
}

Weight Tensors::optional_matrix(std::string_view name, std::size_t inputs, std::size_t outputs) const {
    const auto* tensor = find(name);
    if (tensor == nullptr) return {};
    if (!fits(tensor->ne[0], inputs) || !fits(tensor->ne[1], outputs) || tensor->elements != tensor->ne[0] * tensor->ne[1]) {
        misshapen(*tensor, fmt::format("[{}, {}]", size_text(inputs), size_text(outputs)));
    }
    return weight_of(*tensor);
}

WeightStack Tensors::optional_stack(std::string_view name, std::size_t inputs, std::size_t outputs, std::size_t count) const {
    const auto* tensor = find(name);
    if (tensor == nullptr) return {};
    if (!fits(tensor->ne[0], inputs) || !fits(tensor->ne[1], outputs) || !fits(tensor->ne[2], count) || tensor->ne[3] != 1) {
        misshapen(*tensor, fmt::format("[{}, {}, {}]", size_text(inputs), size_text(outputs), size_text(count)));
    }
    return {weight_of(*tensor), tensor->ne[2], tensor->ne[1]};
}

std::vector<float> Tensors::read_all(const gguf::TensorInfo* tensor, std::size_t count) const {
    if (tensor == nullptr) return {};
    if (!fits(tensor->elements, count)) misshapen(*tensor, fmt::format("{} elements", count));
    const auto bytes = file_->data(*tensor);
    std::vector<float> values(tensor->elements);
    tensor::dequantize(tensor->type->type, bytes, values, file_->shards()[tensor->shard].header.layout.order);
    return values;
}

std::vector<float> Tensors::optional_vector(std::string_view name, std::size_t count) const { return read_all(find(name), count); }

std::vector<float> Tensors::optional_beginning(std::string_view name, std::size_t count) const {
    const auto* tensor = find(name);
    if (tensor == nullptr) return {};
    if (tensor->ne[0] < count) misshapen(*tensor, fmt::format("{} elements or more", count));
    std::vector<float> values(count);
    tensor::TensorView(*file_, *tensor).read(0, 0, {0, count}, values);
    return values;
}

std::vector<float> Tensors::optional_exact(std::string_view name, std::size_t count) const { return read_all(find_exact(name), count); }

Linear Tensors::optional_linear(std::string_view name, std::size_t inputs, std::size_t outputs) const {
    Linear linear;
    linear.name = full(name);
    linear.weight = optional_matrix(name, inputs, outputs);
    if (!linear) return linear;
    linear.bias = optional_exact(bias_of(name), linear.weight.outputs);
    const auto* scale = find_exact(std::string(name) + ".scale");
    // A router's scale is of its input, and the router's business.
    if (scale != nullptr && scale->elements != linear.weight.inputs) linear.scale = read_all(scale, 1).front();
    return linear;
}

Norm Tensors::read_norm(std::string_view name) const {
    Norm norm;
    norm.name = full(name);
    const auto* tensor = find(name);
    if (tensor == nullptr) {
        if (!name.empty() && find_exact(bias_of(name)) != nullptr) missing(norm.name);
        return norm;
    }
    norm.width = tensor->ne[0];
    norm.weight = read_all(tensor, kAny);
    norm.bias = optional_exact(bias_of(name), norm.weight.size());
    return norm;
}

Norm Tensors::optional_norm(std::string_view name, std::size_t width) const {
    const auto* tensor = find(name);
    if (tensor != nullptr && tensor->elements != width) misshapen(*tensor, fmt::format("{} elements", width));
    return read_norm(name);
}

Norm Tensors::optional_norm_of_heads(std::string_view name, std::size_t heads, std::size_t dim) const {
    const auto* tensor = find(name);
    const std::size_t all = product({heads, dim}, full(name));
    if (tensor != nullptr) {
        const std::array<std::uint64_t, 2> is{tensor->ne[0], tensor->elements};
        const std::array<std::array<std::uint64_t, 2>, 4> may{{{all, all}, {dim, dim}, {dim, all}, {1, heads}}};
        if (std::find(may.begin(), may.end(), is) == may.end()) {
            misshapen(*tensor, fmt::format("[{}], [{}], [{}, {}] or [1, {}]", all, dim, dim, heads, heads));
        }
    }
    return read_norm(name);
}

Weight Tensors::matrix(std::string_view name, std::size_t inputs, std::size_t outputs) const {
    require(name);
    return optional_matrix(name, inputs, outputs);
}

WeightStack Tensors::stack(std::string_view name, std::size_t inputs, std::size_t outputs, std::size_t count) const {
    require(name);
    return optional_stack(name, inputs, outputs, count);
}

Linear Tensors::linear(std::string_view name, std::size_t inputs, std::size_t outputs) const {
    require(name);
    return optional_linear(name, inputs, outputs);
}

Norm Tensors::norm(std::string_view name, std::size_t width) const {
    require(name);
    return optional_norm(name, width);
}

std::vector<float> Tensors::vector(std::string_view name, std::size_t count) const {
    require(name);
    return optional_vector(name, count);
}

std::vector<float> Tensors::exact(std::string_view name, std::size_t count) const {
    if (find_exact(name) == nullptr) missing(prefix_ + std::string(name));
    return optional_exact(name, count);
}

}  // namespace attnx::forward
