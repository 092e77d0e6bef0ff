// tensor: how the blocks of each type become whole numbers. One function per block: codes, and, where the type has
// them, factors of groups, scales, minima and their scales.
#pragma once

#include "../blocks.h"
#include "attnx/base/half.h"
#include "attnx/tensor/integers.h"

namespace attnx::tensor::integers {

#include "../dequant/scales.h"

inline float half(const Byte* bytes) { return half_to_float(load16(bytes)); }

void unpack(const BlockQ4_0& block, const IntegerRow& row);
void unpack(const BlockQ4_1& block, const IntegerRow& row);
void unpack(const BlockQ5_0& block, const IntegerRow& row);
void unpack(const BlockQ5_1& block, const IntegerRow& row);
void unpack(const BlockQ8_0& block, const IntegerRow& row);
void unpack(const BlockQ2K& block, const IntegerRow& row);
void unpack(const BlockQ3K& block, const IntegerRow& row);
void unpack(const BlockQ4K& block, const IntegerRow& row);
void unpack(const BlockQ5K& block, const IntegerRow& row);
void unpack(const BlockQ6K& block, const IntegerRow& row);
void unpack(const BlockIq1S& block, const IntegerRow& row);
void unpack(const BlockIq1M& block, const IntegerRow& row);
void unpack(const BlockIq2Xxs& block, const IntegerRow& row);
void unpack(const BlockIq2Xs& block, const IntegerRow& row);
void unpack(const BlockIq2S& block, const IntegerRow& row);
void unpack(const BlockIq3Xxs& block, const IntegerRow& row);
void unpack(const BlockIq3S& block, const IntegerRow& row);
void unpack(const BlockIq4Nl& block, const IntegerRow& row);
void unpack(const BlockIq4Xs& block, const IntegerRow& row);
void unpack(const BlockTq1_0& block, const IntegerRow& row);
void unpack(const BlockTq2_0& block, const IntegerRow& row);
void unpack(const BlockQ2_0& block, const IntegerRow& row);
void unpack(const BlockMxfp4& block, const IntegerRow& row);
void unpack(const BlockNvfp4& block, const IntegerRow& row);

}  // namespace attnx::tensor::integers
