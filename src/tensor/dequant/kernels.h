// tensor: one dequantiser per type for one instruction set. What an instruction set adds is a .cpp that
// includes this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "attnx/gguf/tensor_type.h"
#include "attnx/tensor/dequant.h"

namespace attnx::tensor {

struct Kernel {
    gguf::TensorType type;
    std::uint32_t block_elements;
    std::uint32_t block_bytes;
    Dequantizer run;
};

// In one order, that of the ids.
namespace portable {
std::span<const Kernel> kernels();
}
namespace avx2 {
std::span<const Kernel> kernels();  // x86-64 only
}
namespace avx512 {
std::span<const Kernel> kernels();  // x86-64 only
}
namespace neon {
std::span<const Kernel> kernels();  // AArch64 only
}

}  // namespace attnx::tensor
