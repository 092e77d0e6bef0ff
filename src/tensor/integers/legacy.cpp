// 32 values with one scale, the _1 kinds with a minimum.
#include "unpack.h"

namespace attnx::tensor::integers {

namespace {

constexpr int kHalf = 16;

// Low nibbles are the first half of the block, high nibbles the second; bit i of `fifth` is added to value i as 16.
void nibbles(const Byte* qs, std::uint32_t fifth, int less, std::int8_t* __restrict codes) {
    for (unsigned i = 0; i < kHalf; ++i)
        codes[i] = static_cast<std::int8_t>(static_cast<int>((qs[i] & 15U) | (fifth >> i << 4U & 16U)) - less);
    for (unsigned i = 0; i < kHalf; ++i)
        codes[i + kHalf] =
            static_cast<std::int8_t>(static_cast<int>((qs[i] >> 4U) | (fifth >> (i + kHalf) << 4U & 16U)) - less);
}

}  // namespace

void unpack(const BlockQ4_0& block, const IntegerRow& row) {
    nibbles(block.qs, 0, 8, row.codes);
    *row.scales = half(block.d);
}

void unpack(const BlockQ4_1& block, const IntegerRow& row) {
    nibbles(block.qs, 0, 0, row.codes);
    *row.scales = half(block.d);
    *row.minimum_scales = half(block.m);
}

void unpack(const BlockQ5_0& block, const IntegerRow& row) {
    nibbles(block.qs, load32(block.qh), 16, row.codes);
    *row.scales = half(block.d);
}

void unpack(const BlockQ5_1& block, const IntegerRow& row) {
    nibbles(block.qs, load32(block.qh), 0, row.codes);
    *row.scales = half(block.d);
    *row.minimum_scales = half(block.m);
}

void unpack(const BlockQ8_0& block, const IntegerRow& row) {
    std::memcpy(row.codes, block.qs, sizeof block.qs);
    *row.scales = half(block.d);
}

}  // namespace attnx::tensor::integers
