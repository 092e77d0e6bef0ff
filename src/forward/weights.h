// The model's tensors as the forward pass uses them. Matrices stay in the file and are dequantised row by row when multiplied;
// vectors are small and held as floats.
//
// Nothing is read before its shape was compared with what the plan expects, and what is read of a matrix lies inside it: both in
// every build.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/gguf/file.h"

namespace attnx::forward {

// A dimension that nothing but the file tells.
inline constexpr std::size_t kAny = SIZE_MAX;

// A matrix [outputs, inputs] in the file; y = W x. Empty when the file has none.
struct Weight {
    const gguf::TensorInfo* tensor = nullptr;
    std::span<const std::byte> bytes;   // of all `outputs` rows
    std::size_t row_bytes = 0;
    std::size_t inputs = 0;
    std::size_t outputs = 0;
    std::endian order = std::endian::little;

    explicit operator bool() const { return tensor != nullptr; }
    // Throw bad_dimensions, naming the tensor, for rows that it does not have.
    Weight rows(std::size_t first, std::size_t count) const;
    // Dequantises rows [first, first + count) into out, [count, inputs].
    void read(std::size_t first, std::size_t count, std::span<float> out) const;
};

// Several matrices of one shape in one tensor (experts, heads).
struct WeightStack {
    Weight all;                 // [count * outputs, inputs]
    std::size_t count = 0;
    std::size_t outputs = 0;    // of each

    explicit operator bool() const { return static_cast<bool>(all); }
    Weight at(std::size_t i) const;   // throws bad_dimensions when there are not so many
};

struct Linear {
    std::string name;           // also when the file has none
    Weight weight;
    std::vector<float> bias;    // empty: none
    float scale = 1.0F;         // of W x, before the bias

    explicit operator bool() const { return static_cast<bool>(weight); }
};

struct Norm {
    std::string name;                 // also when the file has none
    std::vector<float> weight, bias;  // empty: none; no bias without a weight, and as many of it
    std::size_t width = 0;            // elements normalised together; weight may hold several such rows

    explicit operator bool() const { return !weight.empty(); }
};

// Looks tensors up below a prefix: "" for the model's own, "blk.3." for a layer's. Names are given without ".weight"; a few
// architectures store them without it. All throw bad_dimensions, naming the tensor, when its shape is another one than expected.
class Tensors {
public:
    Tensors(const gguf::File& file, std::string prefix) : file_(&file), prefix_(std::move(prefix)) {}

    bool has(std::string_view name) const { return find(name) != nullptr; }
    const gguf::TensorInfo* find(std::string_view name) const;
    std::string full(std::string_view name) const;    // "blk.3.attn_q.weight"
    const std::string& prefix() const { return prefix_; }
    const std::string& path() const { return file_->path(); }

    // What has to be there: its absence throws missing_tensor.
    const gguf::TensorInfo& require(std::string_view name) const;
    Weight matrix(std::string_view name, std::size_t inputs, std::size_t outputs) const;
    WeightStack stack(std::string_view name, std::size_t inputs, std::size_t outputs, std::size_t count) const;
    Linear linear(std::string_view name, std::size_t inputs, std::size_t outputs) const;
    Norm norm(std::string_view name, std::size_t width) const;
    std::vector<float> vector(std::string_view name, std::size_t count) const;
    std::vector<float> exact(std::string_view name, std::size_t count) const;    // name as it is, without ".weight"

    // What may be absent: the result is empty then.
    Weight optional_matrix(std::string_view name, std::size_t inputs, std::size_t outputs) const;
    WeightStack optional_stack(std::string_view name, std::size_t inputs, std::size_t outputs, std::size_t count) const;
    Linear optional_linear(std::string_view name, std::size_t inputs, std::size_t outputs) const;
    Norm optional_norm(std::string_view name, std::size_t width) const;
    // Of rows that are `heads` heads side by side: one weight for the whole row, for each element of a head, or for each head.
    Norm optional_norm_of_heads(std::string_view name, std::size_t heads, std::size_t dim) const;
    std::vector<float> optional_vector(std::string_view name, std::size_t count) const;
    std::vector<float> optional_beginning(std::string_view name, std::size_t count) const;    // of a vector as long or longer
    std::vector<float> optional_exact(std::string_view name, std::size_t count) const;

private:
    const gguf::TensorInfo* find_exact(std::string_view name) const;
    Weight weight_of(const gguf::TensorInfo& tensor) const;
    std::vector<float> read_all(const gguf::TensorInfo* tensor, std::size_t count) const;
    Norm read_norm(std::string_view name) const;
    [[noreturn]] void missing(std::string_view name) const;
    [[noreturn]] void misshapen(const gguf::TensorInfo& tensor, const std::string& expected) const;

    const gguf::File* file_;
    std::string prefix_;
};

}  // namespace attnx::forward
