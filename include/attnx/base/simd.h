// base: instruction sets with code of their own.
#pragma once

#include <cstdint>
#include <string_view>

#if defined(__x86_64__) && defined(__GNUC__)
#define ATTNX_X86_KERNELS
#endif

namespace attnx {

enum class Simd : std::uint8_t { portable, avx2, avx512 };
std::string_view to_string(Simd simd);

// The best one this processor has; asked once. Portable on anything but x86-64.
Simd best_simd();

}  // namespace attnx
