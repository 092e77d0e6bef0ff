// tensor: rows of quantised weights as whole numbers, for products in ggml's arithmetic.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "attnx/base/integer_form.h"
#include "attnx/gguf/tensor_type.h"

namespace attnx::tensor {

// What a weight type is multiplied as; Rounding::none, half and bfloat: as floats.
const IntegerForm& integer_form(gguf::TensorType type);

// Where one row goes. As many as the form says for a row of its length; what it has none of is not written.
struct IntegerRow {
    std::int8_t* codes = nullptr;
    std::int8_t* factors = nullptr;   // of groups
    float* scales = nullptr;          // of sections
    std::int16_t* minima = nullptr;   // of sections
    float* minimum_scales = nullptr;  // of sections
};

// Writes the blocks of one row, whose type has a form for whole numbers.
void unpack_integers(gguf::TensorType type, std::span<const std::byte> blocks, const IntegerRow& row,
                     std::endian order);

}  // namespace attnx::tensor
