#include "attnx/tensor/dequant.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "attnx/base/error.h"
#include "byte_order.h"
#include "dequant/kernels.h"

namespace attnx::tensor {
namespace {

const Kernel* find_kernel(gguf::TensorType type, Simd simd) {
    std::span<const Kernel> kernels = portable::kernels();
#ifdef ATTNX_X86_KERNELS
    if (simd == Simd::avx2) kernels = avx2::kernels();
    if (simd == Simd::avx512) kernels = avx512::kernels();
#endif
#ifdef ATTNX_NEON_KERNELS
    if (simd != Simd::portable) kernels = neon::kernels();
#endif
    (void)simd;
    const auto found = std::find_if(kernels.begin(), kernels.end(), [type](const Kernel& k) { return k.type == type; });
    return found == kernels.end() ? nullptr : &*found;
}

// Blocks of the other byte order, through a buffer small enough for the first-level cache.
void dequantize_swapped(const Kernel& kernel, std::span<const std::byte> blocks, std::span<float> out) {
    std::array<std::byte, 8192> buffer;
    const std::size_t step = buffer.size() / kernel.block_bytes;
    while (!blocks.empty()) {
        const std::size_t count = std::min(step, blocks.size() / kernel.block_bytes);
        const std::span<std::byte> part(buffer.data(), count * kernel.block_bytes);
        std::copy_n(blocks.begin(), part.size(), part.begin());
        swap_fields(kernel.type, kernel.block_bytes, part);
        kernel.run(part.data(), out.data(), count);
        blocks = blocks.subspan(part.size());
        out = out.subspan(count * kernel.block_elements);
    }
}

}  // namespace

Dequantizer find_dequantizer(gguf::TensorType type, Simd simd) {
    const Kernel* kernel = find_kernel(type, simd);
    return kernel == nullptr ? nullptr : kernel->run;
}

void dequantize(gguf::TensorType type, std::span<const std::byte> blocks, std::span<float> out, std::endian order,
                Simd simd) {
    const Kernel* kernel = find_kernel(type, simd);
    if (kernel == nullptr)
        throw Error(ErrorCode::unsupported,
                    fmt::format("tensor type {} cannot be read as numbers", static_cast<unsigned>(type)));
    const std::size_t count = blocks.size() / kernel->block_bytes;
    if (blocks.size() % kernel->block_bytes != 0 || out.size() != count * kernel->block_elements)
        throw Error(ErrorCode::internal,
                    fmt::format("{} bytes of tensor data for {} values", blocks.size(), out.size()));
    if (order == std::endian::native || kernel->block_bytes == 1) {
        kernel->run(blocks.data(), out.data(), count);
    } else {
        dequantize_swapped(*kernel, blocks, out);
    }
}

}  // namespace attnx::tensor
