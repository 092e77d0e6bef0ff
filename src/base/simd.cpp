#include "attnx/base/simd.h"

#include <array>

namespace attnx {

std::string_view to_string(Simd simd) {
    constexpr std::array<std::string_view, 3> kNames = {"portable", "avx2", "avx512"};
    return kNames[static_cast<std::size_t>(simd)];
}

Simd best_simd() {
#ifdef ATTNX_X86_KERNELS
    static const Simd best = [] {
        __builtin_cpu_init();
        const bool avx2 =
            __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");  // every such processor has f16c
        const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
        return avx2 && avx512 ? Simd::avx512 : avx2 ? Simd::avx2 : Simd::portable;
    }();
    return best;
#else
    return Simd::portable;
#endif
}

}  // namespace attnx
