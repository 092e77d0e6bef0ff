#include "attnx/base/simd.h"

#if defined(ATTNX_NEON_KERNELS) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace attnx {

std::string_view to_string(Simd simd) {
    constexpr std::array<std::string_view, 5> kNames = {"portable", "avx2", "avx512", "neon", "dotprod"};
    return kNames[static_cast<std::size_t>(simd)];
}

namespace {

Simd asked() {
#if defined(ATTNX_X86_KERNELS)
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");  // every such processor has f16c
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    return avx2 && avx512 ? Simd::avx512 : avx2 ? Simd::avx2 : Simd::portable;
#elif defined(ATTNX_NEON_KERNELS) && defined(__linux__)
    return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0 ? Simd::dotprod : Simd::neon;
#else
    return kSimds[kSimds.size() > 1 ? 1 : 0];
#endif
}

}  // namespace

Simd best_simd() {
    static const Simd best = asked();
    return best;
}

}  // namespace attnx
