// The model's tensors as the forward pass uses them. Matrices stay in the file and are dequantised row by row when multiplied;
// vectors are small and held as floats.
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

// A matrix [outputs, inputs] in the file; y = W x. Empty when the file has none.
struct Weight {
    const gguf::TensorInfo* tensor = nullptr;
    std::span<const std::byte> bytes;   // of all `outputs` rows
    std::size_t row_bytes = 0;
    std::size_t inputs = 0;
    std::size_t outputs = 0;
    std::endian order = std::endian::little;

    explicit operator bool() const { return tensor != nullptr; }
    Weight rows(std::size_t first, std::size_t count) const;
    // Dequantises rows [first, first + count) into out, [count, inputs].
    void read(std::size_t first, std::size_t count, float* out) const;
};

// Several matrices of one shape in one tensor (experts, heads).
struct WeightStack {
    Weight all;                 // [count * outputs, inputs]
    std::size_t count = 0;
    std::size_t outputs = 0;    // of each

    explicit operator bool() const { return static_cast<bool>(all); }
    Weight at(std::size_t i) const { return all.rows(i * outputs, outputs); }
};

struct Linear {
    Weight weight;
    std::vector<float> bias;    // empty: none
    float scale = 1.0F;         // of W x, before the bias

    explicit operator bool() const { return static_cast<bool>(weight); }
};

struct Norm {
    std::vector<float> weight, bias;  // empty: none
    std::size_t width = 0;            // elements normalised together; weight may hold several such rows

    explicit operator bool() const { return !weight.empty() || !bias.empty(); }
};

// Looks tensors up below a prefix: "" for the model's own, "blk.3." for a layer's. Names are given without ".weight"; a few
// architectures store them without it.
class Tensors {
public:
    Tensors(const gguf::File& file, std::string prefix) : file_(&file), prefix_(std::move(prefix)) {}

    bool has(std::string_view name) const { return find(name) != nullptr; }
    const gguf::TensorInfo* find(std::string_view name) const;
    const gguf::TensorInfo& require(std::string_view name) const;    // throws missing_tensor

    // Absent tensors give empty results. A tensor of the wrong shape: throws bad_dimensions.
    Weight matrix(std::string_view name) const;
    WeightStack stack(std::string_view name) const;
    Linear linear(std::string_view name) const;
    Norm norm(std::string_view name) const;
    std::vector<float> vector(std::string_view name) const;          // all elements, exactly as stored
    std::vector<float> exact(std::string_view full_name) const;      // name as it is, without ".weight"

    // The same, but their absence throws missing_tensor.
    Linear require_linear(std::string_view name) const;
    WeightStack require_stack(std::string_view name) const;
    std::vector<float> require_vector(std::string_view name) const;

private:
    const gguf::TensorInfo* find_exact(std::string_view name) const;
    std::vector<float> read_all(const gguf::TensorInfo* tensor) const;

    const gguf::File* file_;
    std::string prefix_;
};

// Throws bad_dimensions naming the tensor unless it maps `inputs` to `outputs` numbers.
void expect_shape(const Weight& weight, std::size_t inputs, std::size_t outputs);

}  // namespace attnx::forward
