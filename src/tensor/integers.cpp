#include "attnx/tensor/integers.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "attnx/base/error.h"
#include "byte_order.h"
#include "integers/i_quants.h"
#include "integers/k_quants.h"
#include "integers/legacy.h"
#include "integers/small.h"

namespace attnx::tensor {

namespace {

using enum gguf::TensorType;

constexpr std::size_t kAhead = 2048;  // bytes that are fetched before they are unpacked; it may be beyond the last

struct Unpacker {
    gguf::TensorType type;
    IntegerForm form;
    std::uint16_t block_elements, block_bytes;
    void (*run)(const std::byte* blocks, std::size_t count, const IntegerForm& form, IntegerRow row);
};

template <class T>
void advance(T*& pointer, std::size_t by) {
    if (pointer != nullptr) pointer += by;
}

template <class Block, std::uint16_t elements>
void unpack_row(const std::byte* blocks, std::size_t count, const IntegerForm& form, IntegerRow row) {
    const Block* block = reinterpret_cast<const Block*>(blocks);  // bytes only, no alignment
    const std::size_t sections = elements / form.section;
    for (std::size_t i = 0; i < count; ++i) {
        __builtin_prefetch(blocks + i * sizeof(Block) + kAhead);
        integers::unpack(block[i], row);
        row.codes += elements;
        row.scales += sections * form.scales;
        if (form.group != 0) advance(row.factors, elements / form.group);
        advance(row.minima, sections * minima_per_section(form));
        advance(row.minimum_scales, sections);
    }
}

template <class Block, std::uint16_t elements>
constexpr Unpacker integers_of(gguf::TensorType type, IntegerForm form) {
    return {type, form, elements, sizeof(Block), unpack_row<Block, elements>};
}

constexpr IntegerForm k_quant(std::uint8_t group, Minima minima = Minima::none, std::uint8_t spread = 0) {
    return {.rounding = Rounding::q8_k,
            .section = 256,
            .group = group,
            .minima = minima,
            .spread = spread,
            .whole_rows = true};
}

// Facts of ggml's CPU backend: type_traits_cpu, the AVX2 paths of its dot products, tiled products for k-quants.
constexpr IntegerForm kEights{.rounding = Rounding::q8_0};
constexpr IntegerForm kEightsWithMinimum{.rounding = Rounding::q8_1, .minima = Minima::sums};
constexpr IntegerForm kTernary{.rounding = Rounding::q8_k, .section = 256, .spread = 1};
constexpr Unpacker kUnpackers[] = {
    integers_of<BlockQ4_0, 32>(q4_0, kEights),
    integers_of<BlockQ4_1, 32>(q4_1, kEightsWithMinimum),
    integers_of<BlockQ5_0, 32>(q5_0, kEights),
    integers_of<BlockQ5_1, 32>(q5_1, kEightsWithMinimum),
    integers_of<BlockQ8_0, 32>(q8_0, kEights),
    integers_of<BlockQ2K, 256>(q2_k, k_quant(16, Minima::in_lanes)),
    integers_of<BlockQ3K, 256>(q3_k, k_quant(16)),
    integers_of<BlockQ4K, 256>(q4_k, k_quant(32, Minima::by_fours)),
    integers_of<BlockQ5K, 256>(q5_k, k_quant(32, Minima::together)),
    integers_of<BlockQ6K, 256>(q6_k, k_quant(16, Minima::none, 32)),
    integers_of<BlockIq2Xxs, 256>(iq2_xxs, k_quant(32)),
    integers_of<BlockIq2Xs, 256>(iq2_xs, k_quant(16)),
    integers_of<BlockIq3Xxs, 256>(iq3_xxs, k_quant(32)),
    integers_of<BlockIq1S, 256>(iq1_s, k_quant(32)),
    integers_of<BlockIq4Nl, 32>(iq4_nl, {.rounding = Rounding::q8_0, .run = 1, .rest_whole = true}),
    integers_of<BlockIq3S, 256>(iq3_s, k_quant(32)),
    integers_of<BlockIq2S, 256>(iq2_s, k_quant(16)),
    integers_of<BlockIq4Xs, 256>(iq4_xs, k_quant(32)),
    integers_of<BlockIq1M, 256>(iq1_m, k_quant(16)),
    integers_of<BlockTq1_0, 256>(tq1_0, kTernary),
    integers_of<BlockTq2_0, 256>(tq2_0, kTernary),
    integers_of<BlockMxfp4, 32>(mxfp4, {.rounding = Rounding::q8_0, .run = 1, .rest_whole = true}),
    integers_of<BlockNvfp4, 64>(nvfp4, {.rounding = Rounding::q8_0, .scales = 2}),
    integers_of<BlockQ1_0, 128>(q1_0, {.rounding = Rounding::q8_0, .nested = 4}),
    integers_of<BlockQ2_0, 64>(q2_0, {.rounding = Rounding::q8_0, .run = 2}),
};

const Unpacker* find_unpacker(gguf::TensorType type) {
    const auto* const found = std::find_if(std::begin(kUnpackers), std::end(kUnpackers),
                                           [type](const Unpacker& unpacker) { return unpacker.type == type; });
    return found == std::end(kUnpackers) ? nullptr : found;
}

}  // namespace

const IntegerForm& integer_form(gguf::TensorType type) {
    static constexpr IntegerForm kNone{}, kHalf{.rounding = Rounding::half}, kBfloat{.rounding = Rounding::bfloat};
    const Unpacker* unpacker = find_unpacker(type);
    return unpacker != nullptr ? unpacker->form : type == f16 ? kHalf : type == bf16 ? kBfloat : kNone;
}

void unpack_integers(gguf::TensorType type, std::span<const std::byte> blocks, const IntegerRow& row,
                     std::endian order) {
    const Unpacker* unpacker = find_unpacker(type);
    if (unpacker == nullptr || blocks.size() % unpacker->block_bytes != 0)
        throw Error(ErrorCode::internal, "blocks that hold no whole numbers were to be unpacked");
    std::vector<std::byte> swapped;
    if (order != std::endian::native) {
        swapped.assign(blocks.begin(), blocks.end());
        swap_fields(type, unpacker->block_bytes, swapped);
        blocks = swapped;
    }
    unpacker->run(blocks.data(), blocks.size() / unpacker->block_bytes, unpacker->form, row);
}

}  // namespace attnx::tensor
