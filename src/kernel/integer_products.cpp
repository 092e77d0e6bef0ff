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

// Rows side by side: entry k of row i is at k * lanes + i. Codes are times the factors of their groups, in pairs of 16
// bits; or in fours of bytes, 128 more if they may be negative. Minima are in pairs.
struct Packed {
    const std::int32_t *codes, *factors, *minima;
    const float *scales, *minimum_scales;
};

struct Shape {
    std::size_t section, group, sections, in_lanes;  // in_lanes: of them, how many go through lanes
    std::size_t scales, run;
    Minima minima;
    std::size_t minimum_pairs;        // of a section
    bool lane_minima, scaled_minima;  // a pair for each lane; scaled by themselves
    bool whole, bytes, biased;
    std::int32_t taken_off;  // by the sums of 16, times factors: what was added to codes
};

bool may_be_negative(const IntegerForm& form) { return form.minima == Minima::none; }

constexpr std::int32_t kBias = 128;

Shape shape_of(const IntegerForm& form, const Eights& x) {
    const std::size_t sections = x.sections();
    const bool whole = sums_whole(form, x.rows), bytes = !x.bytes.empty(), negative = may_be_negative(form);
    const std::int32_t taken_off = whole ? (bytes && negative ? kBias : 0) : form.spread;
    return {.section = form.section,
            .group = form.group != 0 ? std::size_t{form.group} : form.section,
            .sections = sections,
            .in_lanes = form.rest_whole ? sections / 2 * 2 : sections,
            .scales = form.scales,
            .run = form.run,
            .minima = form.minima,
            .minimum_pairs = taken_off != 0 ? 8U : minima_per_section(form) / 2U,
            .lane_minima = !whole && (form.spread != 0 || form.minima == Minima::in_lanes),
            .scaled_minima = form.minima == Minima::in_lanes,
            .whole = whole,
            .bytes = bytes,
            .biased = bytes && !whole && negative,
            .taken_off = taken_off};
}

std::int32_t pair_of(std::int32_t first, std::int32_t second) {
    return static_cast<std::int32_t>((static_cast<std::uint32_t>(first) & 0xffffU) | static_cast<std::uint32_t>(second)
                                                                                         << 16U);
}

}  // namespace

namespace portable {
namespace {
constexpr std::size_t kLanes = 4, kTokens = 1, kWholeTokens = 2;
constexpr bool kBytes = false;
using Whole [[gnu::vector_size(kLanes * sizeof(std::int32_t))]] = std::int32_t;
using Real [[gnu::vector_size(kLanes * sizeof(float))]] = float;
inline Whole dot2(Whole sum, Whole w, std::int32_t x) {
    return sum + ((w << 16) >> 16) * static_cast<std::int16_t>(x) + (w >> 16) * (x >> 16);
}
inline Real fused(Real a, Real b, Real c) {
    return Real{kernel::fused(a[0], b[0], c[0]), kernel::fused(a[1], b[1], c[1]), kernel::fused(a[2], b[2], c[2]),
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
constexpr std::size_t kLanes = 8, kTokens = 1, kWholeTokens = 4;
constexpr bool kBytes = false;
inline __m256i dot2_of(__m256i sum, __m256i w, __m256i x) { return _mm256_add_epi32(sum, _mm256_madd_epi16(w, x)); }
using Whole [[gnu::vector_size(kLanes * sizeof(std::int32_t))]] = std::int32_t;
using Real [[gnu::vector_size(kLanes * sizeof(float))]] = float;
inline Whole dot2(Whole sum, Whole w, std::int32_t x) {
    return (Whole)dot2_of((__m256i)sum, (__m256i)w, _mm256_set1_epi32(x));
}
inline Real fused(Real a, Real b, Real c) { return _mm256_fmadd_ps(a, b, c); }
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
constexpr std::size_t kLanes = 16, kTokens = 3, kWholeTokens = 8;
constexpr bool kBytes = true;
using Whole [[gnu::vector_size(kLanes * sizeof(std::int32_t))]] = std::int32_t;
using Real [[gnu::vector_size(kLanes * sizeof(float))]] = float;
inline Whole dot2(Whole sum, Whole w, std::int32_t x) {
    return (Whole)_mm512_dpwssd_epi32((__m512i)sum, (__m512i)w, _mm512_set1_epi32(x));
}
inline Whole dot4(Whole sum, Whole w, std::int32_t x) {
    return (Whole)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)w, _mm512_set1_epi32(x));
}
inline Real fused(Real a, Real b, Real c) { return _mm512_fmadd_ps(a, b, c); }
#include "integer_products_kernel.h"

// 16 rows of 16 words, each at `stride` words, to 16 columns; those from `columns` on are zeros.
inline void transpose(const std::int8_t* rows, std::size_t stride, std::size_t columns, __m512i (&out)[16]) {
    const auto there = static_cast<__mmask16>(columns >= 16 ? 0xffff : (1U << columns) - 1);
    __m512i a[16], b[16];
    for (std::size_t i = 0; i < 16; ++i) a[i] = _mm512_maskz_loadu_epi32(there, rows + i * stride);
    for (std::size_t i = 0; i < 16; i += 2) {
        b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
        b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
    }
    for (std::size_t i = 0; i < 16; i += 4) {
        a[i] = _mm512_unpacklo_epi64(b[i], b[i + 2]);
        a[i + 1] = _mm512_unpackhi_epi64(b[i], b[i + 2]);
        a[i + 2] = _mm512_unpacklo_epi64(b[i + 1], b[i + 3]);
        a[i + 3] = _mm512_unpackhi_epi64(b[i + 1], b[i + 3]);
    }
    for (std::size_t i = 0; i < 4; ++i) {
        const __m512i even = _mm512_shuffle_i32x4(a[i], a[i + 4], 0x88),
                      odd = _mm512_shuffle_i32x4(a[i], a[i + 4], 0xdd),
                      even_on = _mm512_shuffle_i32x4(a[i + 8], a[i + 12], 0x88),
                      odd_on = _mm512_shuffle_i32x4(a[i + 8], a[i + 12], 0xdd);
        out[i] = _mm512_shuffle_i32x4(even, even_on, 0x88);
        out[i + 4] = _mm512_shuffle_i32x4(odd, odd_on, 0x88);
        out[i + 8] = _mm512_shuffle_i32x4(even, even_on, 0xdd);
        out[i + 12] = _mm512_shuffle_i32x4(odd, odd_on, 0xdd);
    }
}

// Codes of 16 rows in fours, `flipped` bits of each turned.
void pack_fours(const std::int8_t* rows, std::size_t length, std::uint32_t flipped, std::int32_t* to) {
    const __m512i flip = _mm512_set1_epi32(static_cast<int>(flipped));
    for (std::size_t k = 0; k < length; k += 64) {
        const std::size_t columns = std::min<std::size_t>(16, (length - k) / 4);
        __m512i out[16];
        transpose(rows + k, length, columns, out);
        for (std::size_t i = 0; i < columns; ++i, to += 16) _mm512_storeu_si512(to, _mm512_xor_si512(out[i], flip));
    }
}
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
    std::size_t lanes;
    void (*multiply)(const Packed& w, const Shape& shape, const Eights& x, Strip<float> y);
};

Kernel kernel_of(Simd simd) {
#ifdef ATTNX_X86_KERNELS
    if (multiplies_bytes(simd)) return {avx512::kLanes, avx512::multiply};
    if (simd != Simd::portable) return {avx2::kLanes, avx2::multiply};
#endif
    static_cast<void>(simd);
    return {portable::kLanes, portable::multiply};
}

class Packer {
public:
    Packer(const IntegerForm& form, const Shape& shape, const IntegerRows& w, std::size_t lanes, IntegerRoom& room)
        : form_(form), shape_(shape), w_(w), lanes_(lanes), room_(room) {
        room.codes.resize(w.columns / (shape.bytes ? 4 : 2) * lanes);
        room.factors.resize(shape.bytes && form.group != 0 ? w.columns / form.group * lanes : 0);
        room.scales.resize(shape.sections * shape.scales * lanes);
        room.minima.resize(shape.sections * shape.minimum_pairs * lanes);
        room.minimum_scales.resize(form.minima != Minima::none ? shape.sections * lanes : 0);
    }

    // Rows from `first` on; those that are not there repeat the last.
    Packed pack(std::size_t first) {
        if (shape_.bytes) fours(first);
        for (std::size_t i = 0; i < lanes_; ++i) {
            const std::size_t row = std::min(first + i, w_.rows - 1);
            if (!shape_.bytes) pairs(row, i);
            for (std::size_t g = 0; g < room_.factors.size() / lanes_; ++g)
                room_.factors[g * lanes_ + i] = factor(row, g);
            const std::size_t scales = shape_.sections * shape_.scales;
            for (std::size_t s = 0; s < scales; ++s) room_.scales[s * lanes_ + i] = w_.scales[row * scales + s];
            minima(row, i);
        }
        return {room_.codes.data(), room_.factors.data(), room_.minima.data(), room_.scales.data(),
                room_.minimum_scales.data()};
    }

private:
    std::int32_t factor(std::size_t row, std::size_t group) const {
        return form_.group != 0 ? w_.factors[row * (w_.columns / form_.group) + group] : 1;
    }

    void fours(std::size_t first) {
        const std::int8_t* rows = w_.codes + first * w_.columns;
        if (first + lanes_ > w_.rows) {
            room_.rows.resize(lanes_ * w_.columns);
            for (std::size_t i = 0; i < lanes_; ++i)
                std::copy_n(w_.codes + std::min(first + i, w_.rows - 1) * w_.columns, w_.columns,
                            room_.rows.data() + i * w_.columns);
            rows = room_.rows.data();
        }
#ifdef ATTNX_X86_KERNELS
        avx512::pack_fours(rows, w_.columns, may_be_negative(form_) ? 0x80808080U : 0U, room_.codes.data());
#else
        static_cast<void>(rows);
#endif
    }

    void pairs(std::size_t row, std::size_t i) {
        const std::int8_t* from = w_.codes + row * w_.columns;
        std::int32_t* to = room_.codes.data() + i;
        const std::int32_t spread = shape_.whole ? 0 : form_.spread;
        for (std::size_t g = 0; g < w_.columns / shape_.group; ++g) {
            const std::int32_t by = factor(row, g);
            for (std::size_t k = 0; k < shape_.group; k += 2, from += 2, to += lanes_)
                *to = pair_of((from[0] + spread) * by, (from[1] + spread) * by);
        }
    }

    void minima(std::size_t row, std::size_t i) {
        const std::int16_t* from = w_.minima + row * shape_.sections * shape_.minimum_pairs * 2;
        const auto taken_off = [&](std::size_t sixteen) {
            return -shape_.taken_off * factor(row, form_.group != 0 ? sixteen * 16 / form_.group : 0);
        };
        for (std::size_t k = 0; k < shape_.sections * shape_.minimum_pairs; ++k)
            room_.minima[k * lanes_ + i] = shape_.taken_off != 0 ? pair_of(taken_off(2 * k), taken_off(2 * k + 1))
                                                                 : pair_of(from[2 * k], from[2 * k + 1]);
        // Whole minima are subtracted, float ones (of q4_1) added.
        const float sign = form_.minima == Minima::sums ? 1.0F : -1.0F;
        for (std::size_t s = 0; s < shape_.sections && form_.minima != Minima::none; ++s)
            room_.minimum_scales[s * lanes_ + i] = sign * w_.minimum_scales[row * shape_.sections + s];
    }

    const IntegerForm& form_;
    const Shape& shape_;
    const IntegerRows& w_;
    std::size_t lanes_;
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
    const Shape shape = shape_of(form, x);
    Packer packer(form, shape, w, kernel.lanes, room);
    for (std::size_t first = 0; first < w.rows; first += kernel.lanes) {
        const Packed packed = packer.pack(first);
        kernel.multiply(packed, shape, x, y.columns_from(first, std::min(kernel.lanes, w.rows - first)));
    }
}

}  // namespace attnx::kernel
