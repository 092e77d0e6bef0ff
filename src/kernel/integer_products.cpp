#include "attnx/kernel/integer_products.h"

#include <algorithm>
#include <cstring>

#include "attnx/base/checked.h"
#include "attnx/kernel/fused.h"
#ifdef ATTNX_X86_KERNELS
#include <immintrin.h>
#endif

namespace attnx::kernel {

namespace {

// Rows side by side: entry k of row i is at k * outputs + i. Codes are times the factors of their groups, in pairs of
// 16 bits; so are minima.
struct Packed {
    const std::int32_t *codes, *minima;
    const float *scales, *minimum_scales;
};

struct Shape {
    std::size_t section, sections, in_lanes;  // in_lanes: of them, how many go through lanes
    std::size_t scales, run;
    Minima minima;
    std::size_t minimum_pairs, lane_minima;  // of a section; of a lane of it
    bool scaled_minima, whole;
};

constexpr std::size_t kFewestWhole = 8;  // tokens from which on ggml takes its tiled products

Shape shape_of(const IntegerForm& form, std::size_t columns, std::size_t tokens) {
    const std::size_t sections = columns / form.section;
    const bool whole = form.whole_rows && tokens >= kFewestWhole, lanes = !whole;
    return {.section = form.section,
            .sections = sections,
            .in_lanes = form.rest_whole ? sections / 2 * 2 : sections,
            .scales = form.scales,
            .run = form.run,
            .minima = form.minima,
            .minimum_pairs = lanes && form.spread != 0 ? 8 : minima_per_section(form) / 2U,
            .lane_minima = lanes && (form.spread != 0 || form.minima == Minima::in_lanes) ? 1U : 0U,
            .scaled_minima = form.minima == Minima::in_lanes,
            .whole = whole};
}

std::int32_t pair_of(std::int32_t first, std::int32_t second) {
    return static_cast<std::int32_t>((static_cast<std::uint32_t>(first) & 0xffffU) | static_cast<std::uint32_t>(second)
                                                                                         << 16U);
}

}  // namespace

namespace portable {
namespace {
constexpr std::size_t kLanes = 4, kPanels = 1, kTokens = 2;
using Fours [[gnu::vector_size(16)]] = std::int32_t;
using FourFloats [[gnu::vector_size(16)]] = float;
using FourDoubles [[gnu::vector_size(32)]] = double;
inline Fours dot2(Fours sum, Fours w, std::int32_t x) {
    return sum + ((w << 16) >> 16) * static_cast<std::int16_t>(x) + (w >> 16) * (x >> 16);
}
inline FourFloats fused(FourFloats a, FourFloats b, FourFloats c) {
    return FourFloats{kernel::fused(a[0], b[0], c[0]), kernel::fused(a[1], b[1], c[1]), kernel::fused(a[2], b[2], c[2]),
                      kernel::fused(a[3], b[3], c[3])};
}
#include "integer_products_kernel.h"
}  // namespace
}  // namespace portable

#ifdef ATTNX_X86_KERNELS
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
namespace avx2 {
namespace {
constexpr std::size_t kLanes = 8, kPanels = 1, kTokens = 4;
inline __m256i dot2_of(__m256i sum, __m256i w, __m256i x) { return _mm256_add_epi32(sum, _mm256_madd_epi16(w, x)); }
using Eight [[gnu::vector_size(32)]] = std::int32_t;
using EightFloats [[gnu::vector_size(32)]] = float;
inline Eight dot2(Eight sum, Eight w, std::int32_t x) {
    return (Eight)dot2_of((__m256i)sum, (__m256i)w, _mm256_set1_epi32(x));
}
inline EightFloats fused(EightFloats a, EightFloats b, EightFloats c) { return _mm256_fmadd_ps(a, b, c); }
#include "integer_products_kernel.h"
}  // namespace
}  // namespace avx2
#ifdef __clang__
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512vnni,avx2,fma"))), \
                             apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,avx512vnni,avx2,fma")
#endif
namespace avx512 {
namespace {
constexpr std::size_t kLanes = 16, kPanels = 2, kTokens = 4;
using Sixteen [[gnu::vector_size(64)]] = std::int32_t;
using SixteenFloats [[gnu::vector_size(64)]] = float;
inline Sixteen dot2(Sixteen sum, Sixteen w, std::int32_t x) {
    return (Sixteen)_mm512_dpwssd_epi32((__m512i)sum, (__m512i)w, _mm512_set1_epi32(x));
}
inline SixteenFloats fused(SixteenFloats a, SixteenFloats b, SixteenFloats c) { return _mm512_fmadd_ps(a, b, c); }
#include "integer_products_kernel.h"
}  // namespace
}  // namespace avx512
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif

namespace {

struct Kernel {
    std::size_t outputs;
    void (*multiply)(const Packed& w, const Shape& shape, const Eights& x, Strip<float> y);
};

Kernel kernel_of(Simd simd) {
#ifdef ATTNX_X86_KERNELS
    static const bool vnni = __builtin_cpu_supports("avx512vnni");
    if (simd == Simd::avx512 && vnni) return {avx512::kOutputs, avx512::multiply};
    if (simd != Simd::portable) return {avx2::kOutputs, avx2::multiply};
#endif
    static_cast<void>(simd);
    return {portable::kOutputs, portable::multiply};
}

class Packer {
public:
    Packer(const IntegerForm& form, const Shape& shape, const IntegerRows& w, std::size_t outputs, IntegerRoom& room)
        : form_(form), shape_(shape), w_(w), outputs_(outputs), room_(room) {
        room.codes.resize(w.columns / 2 * outputs);
        room.scales.resize(shape.sections * shape.scales * outputs);
        room.minima.resize(shape.sections * shape.minimum_pairs * outputs);
        room.minimum_scales.resize(form.minima != Minima::none ? shape.sections * outputs : 0);
    }

    // Rows from `first` on; those that are not there repeat the last.
    Packed pack(std::size_t first) {
        for (std::size_t i = 0; i < outputs_; ++i) {
            const std::size_t row = std::min(first + i, w_.rows - 1);
            codes(row, i);
            const std::size_t scales = shape_.sections * shape_.scales;
            for (std::size_t s = 0; s < scales; ++s) room_.scales[s * outputs_ + i] = w_.scales[row * scales + s];
            minima(row, i);
        }
        return {room_.codes.data(), room_.minima.data(), room_.scales.data(), room_.minimum_scales.data()};
    }

private:
    std::size_t group() const { return form_.group != 0 ? form_.group : form_.section; }
    std::int32_t factor(std::size_t row, std::size_t group_index) const {
        return form_.group != 0 ? w_.factors[row * (w_.columns / form_.group) + group_index] : 1;
    }

    void codes(std::size_t row, std::size_t i) {
        const std::int8_t* from = w_.codes + row * w_.columns;
        std::int32_t* to = room_.codes.data() + i;
        const std::int32_t spread = shape_.whole ? 0 : form_.spread;
        for (std::size_t g = 0; g < w_.columns / group(); ++g) {
            const std::int32_t by = factor(row, g);
            for (std::size_t k = 0; k < group(); k += 2, from += 2, to += outputs_)
                *to = pair_of((from[0] + spread) * by, (from[1] + spread) * by);
        }
    }

    void minima(std::size_t row, std::size_t i) {
        if (!shape_.whole && form_.spread != 0) {
            for (std::size_t k = 0; k < shape_.sections * 8; ++k)
                room_.minima[k * outputs_ + i] =
                    pair_of(-form_.spread * factor(row, 2 * k), -form_.spread * factor(row, 2 * k + 1));
        } else {
            const std::int16_t* from = w_.minima + row * shape_.sections * shape_.minimum_pairs * 2;
            for (std::size_t k = 0; k < shape_.sections * shape_.minimum_pairs; ++k)
                room_.minima[k * outputs_ + i] = pair_of(from[2 * k], from[2 * k + 1]);
        }
        // Whole minima are subtracted, float ones (of q4_1) added.
        const float sign = form_.minima == Minima::sums ? 1.0F : -1.0F;
        for (std::size_t s = 0; s < shape_.sections && form_.minima != Minima::none; ++s)
            room_.minimum_scales[s * outputs_ + i] = sign * w_.minimum_scales[row * shape_.sections + s];
    }

    const IntegerForm& form_;
    const Shape& shape_;
    const IntegerRows& w_;
    std::size_t outputs_;
    IntegerRoom& room_;
};

}  // namespace

void integer_products(const IntegerForm& form, const Eights& x, const IntegerRows& w, Strip<float> y, IntegerRoom& room,
                      Simd simd) {
    if (x.columns != w.columns || w.columns % form.section != 0)
        outside(0, x.columns, w.columns, "columns of a matrix");
    if (y.rows != x.rows || y.columns != w.rows) outside(0, x.rows, y.rows, "rows of products");
    if (x.rows == 0 || w.rows == 0) return;
    const Kernel kernel = kernel_of(simd);
    const Shape shape = shape_of(form, w.columns, x.rows);
    Packer packer(form, shape, w, kernel.outputs, room);
    for (std::size_t first = 0; first < w.rows; first += kernel.outputs) {
        const Packed packed = packer.pack(first);
        kernel.multiply(packed, shape, x, y.columns_from(first, std::min(kernel.outputs, w.rows - first)));
    }
}

}  // namespace attnx::kernel
