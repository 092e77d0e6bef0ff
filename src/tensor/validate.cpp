#include "attnx/tensor/validate.h"

#include <algorithm>
#include <array>

#include "blocks.h"

namespace attnx::tensor {
namespace {

using enum gguf::TensorType;

enum class Kind : std::uint8_t {
    none,  // every pattern of bits is a number, or ggml does not look
    half,
    bfloat,
    single,
    small,      // e4m3, which has NaN and no infinity
    wide,       // a double; it has to fit in a float
    exponent,   // e8m0: 0xFF is reserved
    scattered,  // iq1_m: a half whose digits lie in the top four bits of four words
    no_type,
};

// Where a block has its numbers: `count` of them from `offset`, one after the other.
struct Scale {
    gguf::TensorType type;
    Kind kind = Kind::none;
    std::uint32_t offset = 0, count = 1;
};

#define ATTNX_AT(Block, field) static_cast<std::uint32_t>(offsetof(Block, field))
constexpr std::array kScales = {
    Scale{f32, Kind::single},
    Scale{f16, Kind::half},
    Scale{q4_0, Kind::half, ATTNX_AT(BlockQ4_0, d)},
    Scale{q4_1, Kind::half, ATTNX_AT(BlockQ4_1, d), 2},
    Scale{q5_0, Kind::half, ATTNX_AT(BlockQ5_0, d)},
    Scale{q5_1, Kind::half, ATTNX_AT(BlockQ5_1, d), 2},
    Scale{q8_0, Kind::half, ATTNX_AT(BlockQ8_0, d)},
    Scale{q8_1, Kind::no_type},
    Scale{q2_k, Kind::half, ATTNX_AT(BlockQ2K, d), 2},
    Scale{q3_k, Kind::half, ATTNX_AT(BlockQ3K, d)},
    Scale{q4_k, Kind::half, ATTNX_AT(BlockQ4K, d), 2},
    Scale{q5_k, Kind::half, ATTNX_AT(BlockQ5K, d), 2},
    Scale{q6_k, Kind::half, ATTNX_AT(BlockQ6K, d)},
    Scale{q8_k, Kind::single, ATTNX_AT(BlockQ8K, d)},
    Scale{iq2_xxs, Kind::half, ATTNX_AT(BlockIq2Xxs, d)},
    Scale{iq2_xs, Kind::half, ATTNX_AT(BlockIq2Xs, d)},
    Scale{iq3_xxs, Kind::half, ATTNX_AT(BlockIq3Xxs, d)},
    Scale{iq1_s, Kind::half, ATTNX_AT(BlockIq1S, d)},
    Scale{iq4_nl, Kind::half, ATTNX_AT(BlockIq4Nl, d)},
    Scale{iq3_s, Kind::half, ATTNX_AT(BlockIq3S, d)},
    Scale{iq2_s, Kind::half, ATTNX_AT(BlockIq2S, d)},
    Scale{iq4_xs, Kind::half, ATTNX_AT(BlockIq4Xs, d)},
    Scale{i8},
    Scale{i16},
    Scale{i32},
    Scale{i64},
    Scale{f64, Kind::wide},
    Scale{iq1_m, Kind::scattered, ATTNX_AT(BlockIq1M, scales)},
    Scale{bf16, Kind::bfloat},
    Scale{tq1_0, Kind::half, ATTNX_AT(BlockTq1_0, d)},
    Scale{tq2_0, Kind::half, ATTNX_AT(BlockTq2_0, d)},
    Scale{mxfp4, Kind::exponent, ATTNX_AT(BlockMxfp4, e)},
    Scale{nvfp4},
    Scale{q1_0, Kind::half, ATTNX_AT(BlockQ1_0, d)},
    Scale{q2_0, Kind::half, ATTNX_AT(BlockQ2_0, d)},
    Scale{f8_e4m3, Kind::small},
};
#undef ATTNX_AT

constexpr bool has_a_row_per_type() {
    if (kScales.size() != gguf::kTensorTypes.size()) return false;
    for (std::size_t i = 0; i < kScales.size(); ++i)
        if (kScales[i].type != gguf::kTensorTypes[i].type) return false;
    return true;
}
static_assert(has_a_row_per_type(), "one row per tensor type, in its order");

template <class T>
T load(const std::byte* at, std::endian order) {
    T value;
    std::memcpy(&value, at, sizeof value);
    if (order == std::endian::native) return value;
    T swapped = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) swapped = static_cast<T>(swapped << 8 | (value >> (8 * i) & 0xFF));
    return swapped;
}

// Of bits whose exponent is all ones in NaN and infinity, and in nothing else; in e4m3 the fraction is, too.
template <class T>
struct Float {
    T exponent, fraction;
    bool is_finite(T bits) const { return (bits & exponent) != exponent; }
    Flaw flaw_of(T bits) const { return (bits & fraction) == 0 ? Flaw::infinity : Flaw::nan; }
};
constexpr Float<std::uint8_t> kSmall = {0x7F, 0x07};
constexpr Float<std::uint16_t> kHalf = {0x7C00, 0x03FF}, kBfloat = {0x7F80, 0x007F};
constexpr Float<std::uint32_t> kSingle = {0x7F800000, 0x007FFFFF};

std::optional<Flaw> flaw_at(Kind kind, const std::byte* at, std::endian order) {
    const auto judge = [](auto format, auto bits) {
        return format.is_finite(bits) ? std::nullopt : std::optional(format.flaw_of(bits));
    };
    switch (kind) {
        case Kind::none: return std::nullopt;
        case Kind::small: return judge(kSmall, load<std::uint8_t>(at, order));
        case Kind::half: return judge(kHalf, load<std::uint16_t>(at, order));
        case Kind::bfloat: return judge(kBfloat, load<std::uint16_t>(at, order));
        case Kind::single: return judge(kSingle, load<std::uint32_t>(at, order));
        case Kind::wide: {
            const auto number = static_cast<float>(std::bit_cast<double>(load<std::uint64_t>(at, order)));
            return judge(kSingle, std::bit_cast<std::uint32_t>(number));
        }
        case Kind::exponent: return *at == std::byte{0xFF} ? std::optional(Flaw::reserved) : std::nullopt;
        case Kind::scattered: {
            std::uint16_t bits = 0;
            for (unsigned i = 0; i < 4; ++i)
                bits = static_cast<std::uint16_t>(bits | (load<std::uint16_t>(at + 2 * i, order) >> 12) << (4 * i));
            return judge(kHalf, bits);
        }
        case Kind::no_type: return Flaw::no_type;
    }
    return std::nullopt;
}

std::size_t width_of(Kind kind) {
    switch (kind) {
        case Kind::small: return 1;
        case Kind::single: return 4;
        case Kind::wide: return 8;
        default: return 2;
    }
}

// Numbers that fill their blocks, as most bytes of most files do not: without a branch, so that it goes as fast as
// memory.
template <class T>
bool all_finite(Float<T> format, std::span<const std::byte> numbers) {
    unsigned odd = 0;
    for (std::size_t at = 0; at < numbers.size(); at += sizeof(T)) {
        T bits;
        std::memcpy(&bits, numbers.data() + at, sizeof bits);
        odd |= format.is_finite(bits) ? 0U : 1U;
    }
    return odd == 0;
}

bool is_surely_whole(const Scale& scale, std::size_t block_bytes, std::span<const std::byte> blocks,
                     std::endian order) {
    if (order != std::endian::native || block_bytes != width_of(scale.kind)) return false;
    if (scale.kind == Kind::small) return all_finite(kSmall, blocks);
    if (scale.kind == Kind::single) return all_finite(kSingle, blocks);
    if (scale.kind == Kind::half) return all_finite(kHalf, blocks);
    return scale.kind == Kind::bfloat && all_finite(kBfloat, blocks);
}

}  // namespace

std::string_view to_string(Flaw flaw) {
    constexpr std::array<std::string_view, 4> kTexts = {"is NaN", "is infinite", "has a scale whose bits mean nothing",
                                                        "is of a type that no model has"};
    return kTexts[static_cast<std::size_t>(flaw)];
}

std::optional<FlawedBlock> first_flaw(gguf::TensorType type, std::span<const std::byte> blocks, std::endian order) {
    const Scale& scale = *std::ranges::find(kScales, type, &Scale::type);
    const std::size_t block_bytes = gguf::row(type).block_bytes;
    if (scale.kind == Kind::none || blocks.size() < block_bytes) return std::nullopt;
    if (is_surely_whole(scale, block_bytes, blocks, order)) return std::nullopt;
    const std::size_t width = width_of(scale.kind);
    for (std::size_t block = 0; block < blocks.size() / block_bytes; ++block)
        for (std::uint32_t i = 0; i < scale.count; ++i)
            if (const auto flaw =
                    flaw_at(scale.kind, blocks.data() + block * block_bytes + scale.offset + i * width, order))
                return FlawedBlock{*flaw, block};
    return std::nullopt;
}

}  // namespace attnx::tensor
