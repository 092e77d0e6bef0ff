// Which instruction sets have fused multiply-adds.
#pragma once

#include "attnx/base/simd.h"

namespace attnx::test {

// Portable code has them where every processor does that it is compiled for.
constexpr bool fuses(Simd simd) {
#ifdef __FP_FAST_FMAF
    static_cast<void>(simd);
    return true;
#else
    return simd != Simd::portable;
#endif
}

}  // namespace attnx::test
