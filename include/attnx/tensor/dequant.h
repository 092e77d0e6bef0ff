// tensor: stored weights as floats, for every tensor type of ggml.
//
// Formulas and layouts: ggml-quants.c and ggml-common.h of llama.cpp b10256; results equal ggml's to the last
// bit, because products and sums are taken in the same order and never contracted into fused multiply-adds.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "attnx/base/simd.h"
#include "attnx/gguf/tensor_type.h"

namespace attnx::tensor {

// Reads block_count blocks (native byte order, any address) and writes block_count * block_elements floats.
// Never throws.
using Dequantizer = void (*)(const std::byte* blocks, float* out, std::size_t block_count);

// nullptr when attnx cannot read the type. All instruction sets give the same floats. `simd` must not exceed
// best_simd().
Dequantizer find_dequantizer(gguf::TensorType type, Simd simd = best_simd());

// `blocks` holds whole blocks in byte order `order`; `out` exactly as many floats as they encode.
// Throws unsupported (a type without dequantisation) and internal (sizes that do not match). Thread-safe.
void dequantize(gguf::TensorType type, std::span<const std::byte> blocks, std::span<float> out,
                std::endian order = std::endian::little, Simd simd = best_simd());

}  // namespace attnx::tensor
