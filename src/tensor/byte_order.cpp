#include "byte_order.h"

#include <algorithm>
#include <cstdint>

#include "blocks.h"

namespace attnx::tensor {
namespace {

using enum gguf::TensorType;

// `count` fields of `width` bytes from `offset` of each block.
struct WideField {
    gguf::TensorType type;
    std::uint32_t offset, width, count;
};

#define ATTNX_AT(Block, field) static_cast<std::uint32_t>(offsetof(Block, field))
constexpr WideField kFields[] = {
    {f32, 0, 4, 1},
    {f16, 0, 2, 1},
    {bf16, 0, 2, 1},
    {f64, 0, 8, 1},
    {i16, 0, 2, 1},
    {i32, 0, 4, 1},
    {i64, 0, 8, 1},
    {q4_0, ATTNX_AT(BlockQ4_0, d), 2, 1},
    {q4_1, ATTNX_AT(BlockQ4_1, d), 2, 2},
    {q5_0, ATTNX_AT(BlockQ5_0, d), 2, 1},
    {q5_0, ATTNX_AT(BlockQ5_0, qh), 4, 1},
    {q5_1, ATTNX_AT(BlockQ5_1, d), 2, 2},
    {q5_1, ATTNX_AT(BlockQ5_1, qh), 4, 1},
    {q8_0, ATTNX_AT(BlockQ8_0, d), 2, 1},
    {q8_1, ATTNX_AT(BlockQ8_1, d), 2, 2},
    {q2_k, ATTNX_AT(BlockQ2K, d), 2, 2},
    {q3_k, ATTNX_AT(BlockQ3K, d), 2, 1},
    {q4_k, ATTNX_AT(BlockQ4K, d), 2, 2},
    {q5_k, ATTNX_AT(BlockQ5K, d), 2, 2},
    {q6_k, ATTNX_AT(BlockQ6K, d), 2, 1},
    {q8_k, ATTNX_AT(BlockQ8K, d), 4, 1},
    {q8_k, ATTNX_AT(BlockQ8K, sums), 2, 16},
    {iq1_s, ATTNX_AT(BlockIq1S, d), 2, 1},
    {iq1_s, ATTNX_AT(BlockIq1S, qh), 2, 8},
    {iq1_m, ATTNX_AT(BlockIq1M, scales), 2, 4},
    {iq2_xxs, ATTNX_AT(BlockIq2Xxs, d), 2, 33},  // d, then 32 words
    {iq2_xs, ATTNX_AT(BlockIq2Xs, d), 2, 33},
    {iq2_s, ATTNX_AT(BlockIq2S, d), 2, 1},
    {iq3_xxs, ATTNX_AT(BlockIq3Xxs, d), 2, 1},
    {iq3_xxs, ATTNX_AT(BlockIq3Xxs, signs), 4, 8},
    {iq3_s, ATTNX_AT(BlockIq3S, d), 2, 1},
    {iq4_nl, ATTNX_AT(BlockIq4Nl, d), 2, 1},
    {iq4_xs, ATTNX_AT(BlockIq4Xs, d), 2, 2},  // d, scales_h
    {tq1_0, ATTNX_AT(BlockTq1_0, d), 2, 1},
    {tq2_0, ATTNX_AT(BlockTq2_0, d), 2, 1},
    {q1_0, ATTNX_AT(BlockQ1_0, d), 2, 1},
    {q2_0, ATTNX_AT(BlockQ2_0, d), 2, 1},
};
#undef ATTNX_AT

}  // namespace

void swap_fields(gguf::TensorType type, std::size_t block_bytes, std::span<std::byte> blocks) {
    for (const WideField& field : kFields) {
        if (field.type != type) continue;
        for (std::size_t block = 0; block < blocks.size(); block += block_bytes) {
            for (std::uint32_t i = 0; i < field.count; ++i) {
                std::byte* first = blocks.data() + block + field.offset + std::size_t{i} * field.width;
                std::reverse(first, first + field.width);
            }
        }
    }
}

}  // namespace attnx::tensor
