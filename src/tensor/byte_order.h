// tensor: turning blocks of the other byte order into ours.
#pragma once

#include <cstddef>
#include <span>

#include "attnx/gguf/tensor_type.h"

namespace attnx::tensor {

// Reverses every field wider than a byte in each block, in place; `blocks` holds whole blocks of block_bytes each.
void swap_fields(gguf::TensorType type, std::size_t block_bytes, std::span<std::byte> blocks);

}  // namespace attnx::tensor
