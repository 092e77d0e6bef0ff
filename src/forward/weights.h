// The model's tensors as the forward pass uses them. Matrices stay in the file and are dequantised row by row when
// multiplied; vectors are small and held as floats.
//
// Nothing is read before its shape was compared with what the plan expects, and what is read of a matrix lies inside
// it: both in every build.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/gguf/file.h"
#include "attnx/model/tensor_plan.h"
#include "attnx/tensor/turn.h"

namespace attnx::forward {

using model::Stem;
using model::Suffix;

// A dimension that nothing but the file tells.
inline constexpr std::size_t kAny = SIZE_MAX;

// A matrix [outputs, inputs] in the file; y = W x. Empty when the file has none.
struct Weight {
    const gguf::TensorInfo* tensor = nullptr;
    std::span<const std::byte> bytes;  // of all `outputs` rows
    std::size_t row_bytes = 0;
    std::size_t inputs = 0;
    std::size_t outputs = 0;
    std::endian order = std::endian::little;
    std::shared_ptr<const tensor::Turn> turn;  // null: stored as it is used

    explicit operator bool() const { return tensor != nullptr; }
    // Throw bad_dimensions, naming the tensor, for rows that it does not have.
    Weight rows(std::size_t first, std::size_t count) const;
    // Dequantises rows [first, first + count) into out, [count, inputs].
    void read(std::size_t first, std::size_t count, std::span<float> out) const;
};

// Several matrices of one shape in one tensor (experts, heads).
struct WeightStack {
    Weight all;  // [count * outputs, inputs]
    std::size_t count = 0;
    std::size_t outputs = 0;  // of each

    explicit operator bool() const { return static_cast<bool>(all); }
    Weight at(std::size_t i) const;  // throws bad_dimensions when there are not so many
};

struct Linear {
    std::string name;  // also when the file has none
    Weight weight;
    std::vector<float> bias;  // empty: none
    float scale = 1.0F;       // of W x, before the bias

    explicit operator bool() const { return static_cast<bool>(weight); }
};

struct Norm {
    std::string name;                 // also when the file has none
    std::vector<float> weight, bias;  // empty: none; no bias without a weight, and as many of it
    std::size_t width = 0;            // elements normalised together; weight may hold several such rows

    explicit operator bool() const { return !weight.empty(); }
};

// The tensors that the plan has in one place: a layer, or the whole model. What the plan does not have cannot be had;
// what it has in another shape than the file throws bad_dimensions, naming the tensor, and so does a shape other than
// the one asked for.
class Tensors {
public:
    Tensors(const gguf::File& file, const model::TensorPlan& plan, model::TensorPlace place)
        : file_(&file), plan_(&plan), place_(place) {}

    bool has(Stem stem) const { return find(stem) != nullptr; }
    // The weight of a few tensors has no suffix in its name.
    const gguf::TensorInfo* find(Stem stem, Suffix suffix = Suffix::weight) const;
    std::string full(Stem stem, Suffix suffix = Suffix::weight) const;  // "blk.3.attn_q.weight"
    const std::string& path() const { return file_->path(); }

    // What has to be there: its absence throws missing_tensor.
    const gguf::TensorInfo& require(Stem stem, Suffix suffix = Suffix::weight) const;
    Weight matrix(Stem stem, std::size_t inputs, std::size_t outputs) const;
    WeightStack stack(Stem stem, std::size_t inputs, std::size_t outputs, std::size_t count) const;
    Linear linear(Stem stem, std::size_t inputs, std::size_t outputs) const;
    Linear linear_without_bias(Stem stem, std::size_t inputs, std::size_t outputs) const;
    Norm norm(Stem stem, std::size_t width) const;
    std::vector<float> vector(Stem stem, std::size_t count, Suffix suffix = Suffix::weight) const;

    // What may be absent: the result is empty then.
    Weight optional_matrix(Stem stem, std::size_t inputs, std::size_t outputs) const;
    WeightStack optional_stack(Stem stem, std::size_t inputs, std::size_t outputs, std::size_t count) const;
    Linear optional_linear(Stem stem, std::size_t inputs, std::size_t outputs) const;
    Norm optional_norm(Stem stem, std::size_t width) const;
    // Of rows that are `heads` heads side by side: one weight for the whole row, for each element of a head, or for
    // each head.
    Norm optional_norm_of_heads(Stem stem, std::size_t heads, std::size_t dim) const;
    std::vector<float> optional_vector(Stem stem, std::size_t count, Suffix suffix = Suffix::weight) const;
    std::vector<float> optional_beginning(Stem stem, std::size_t count) const;  // of a vector as long or longer

private:
    const model::PlannedTensor* planned(Stem stem, Suffix suffix) const;
    Weight weight_of(const gguf::TensorInfo& tensor) const;
    float scale_of(Stem stem, std::size_t inputs) const;  // of the product; 1 when there is none
    std::vector<float> read_all(const gguf::TensorInfo* tensor, std::size_t count) const;
    Norm read_norm(Stem stem) const;
    [[noreturn]] void missing(const std::string& name) const;
    [[noreturn]] void misshapen(const gguf::TensorInfo& tensor, const std::string& expected) const;

    const gguf::File* file_;
    const model::TensorPlan* plan_;
    model::TensorPlace place_;
};

}  // namespace attnx::forward
