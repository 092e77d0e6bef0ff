// tensor: what the files beside this share. Each holds, for some types, how a block becomes whole numbers: codes, and,
// where the type has them, factors of groups, scales, minima and their scales.
#pragma once

#include "../blocks.h"
#include "attnx/base/half.h"
#include "attnx/tensor/integers.h"

namespace attnx::tensor::integers {

#include "../dequant/scales.h"

inline float half(const Byte* bytes) { return half_to_float(load16(bytes)); }

}  // namespace attnx::tensor::integers
