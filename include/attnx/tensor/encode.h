// tensor: floats as llama.cpp's cache of keys and values stores them.
//
// Bytes equal those of ggml's CPU backend for x86 (set_rows), whose rounding to q8_0 differs from ggml's reference in
// ties; all other types are rounded as the reference does.
#pragma once

#include <cstddef>
#include <span>

#include "attnx/gguf/tensor_type.h"

namespace attnx::tensor {

// The types that --cache-type-k and --cache-type-v of llama.cpp take, in the order in which it names them.
std::span<const gguf::TensorType> cache_types();

// Blocks of a quantised one of these types, in native byte order. Throws bad_dimensions for another type, and when the
// sizes do not go together. Thread-safe.
void encode(gguf::TensorType type, std::span<const float> values, std::span<std::byte> blocks);

}  // namespace attnx::tensor
