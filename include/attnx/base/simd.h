// base: instruction sets with code of their own.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#if defined(__x86_64__) && defined(__GNUC__)
#define ATTNX_X86_KERNELS
#elif defined(__aarch64__) && defined(__GNUC__) && defined(__ORDER_LITTLE_ENDIAN__) && \
    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ATTNX_NEON_KERNELS
#endif

namespace attnx {

// Of x86-64, then of AArch64: every such processor has neon and fused multiply-add, many have products of bytes
// (dotprod).
enum class Simd : std::uint8_t { portable, avx2, avx512, neon, dotprod };
std::string_view to_string(Simd simd);

// Those that this build has code for, each with all that the ones before it have.
#if defined(ATTNX_X86_KERNELS)
inline constexpr std::array kSimds = {Simd::portable, Simd::avx2, Simd::avx512};
#elif defined(ATTNX_NEON_KERNELS)
inline constexpr std::array kSimds = {Simd::portable, Simd::neon, Simd::dotprod};
#else
inline constexpr std::array kSimds = {Simd::portable};
#endif

// The best one this processor has; asked once.
Simd best_simd();

}  // namespace attnx
