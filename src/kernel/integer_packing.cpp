#include "integer_packing.h"

#include <algorithm>

#ifdef ATTNX_X86_KERNELS
#include <immintrin.h>
#endif
#ifdef ATTNX_NEON_KERNELS
#include <arm_neon.h>
#endif

namespace attnx::kernel {

namespace {

bool may_be_negative(const IntegerForm& form) { return form.minima == Minima::none; }

std::int32_t pair_of(std::int32_t first, std::int32_t second) {
    return static_cast<std::int32_t>((static_cast<std::uint32_t>(first) & 0xffffU) | static_cast<std::uint32_t>(second)
                                                                                         << 16U);
}

#ifdef ATTNX_X86_KERNELS
#define ATTNX_AVX512 [[gnu::target("avx512f,avx512vnni")]]
// 16 rows of 16 words, each at `stride` words, to 16 columns; those from `columns` on are zeros.
ATTNX_AVX512 inline void transpose(const std::int8_t* rows, std::size_t stride, std::size_t columns,
                                   __m512i (&out)[16]) {
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

// Codes of 16 rows in fours (or any words), `flipped` bits of each turned; what is to be taken off each if x is raised.
ATTNX_AVX512 void pack_fours(const std::int8_t* rows, std::size_t length, std::uint32_t flipped, std::int32_t* to,
                             std::int32_t* corrections) {
    const __m512i flip = _mm512_set1_epi32(static_cast<int>(flipped)), bias = _mm512_set1_epi8(-128),
                  none = _mm512_setzero_si512();
    for (std::size_t k = 0; k < length; k += 64) {
        const std::size_t columns = std::min<std::size_t>(16, (length - k) / 4);
        __m512i out[16];
        transpose(rows + k, length, columns, out);
        for (std::size_t i = 0; i < columns; ++i, to += 16) {
            _mm512_storeu_si512(to, _mm512_xor_si512(out[i], flip));
            if (corrections == nullptr) continue;
            _mm512_storeu_si512(corrections, _mm512_sub_epi32(none, _mm512_dpbusd_epi32(none, bias, out[i])));
            corrections += 16;
        }
    }
}
#undef ATTNX_AVX512
#endif

#ifdef ATTNX_NEON_KERNELS
// Codes of 4 rows in fours.
void pack_fours(const std::int8_t* rows, std::size_t length, std::int32_t* to) {
    for (std::size_t k = 0; k < length; k += 16, to += 16) {
        int32x4x4_t words;
        for (std::size_t i = 0; i < 4; ++i) words.val[i] = vreinterpretq_s32_s8(vld1q_s8(rows + i * length + k));
        vst4q_s32(to, words);
    }
}
#endif

}  // namespace

Shape shape_of(const IntegerForm& form, const Eights& x) {
    const std::size_t sections = x.sections();
    const bool whole = sums_whole(form, x.rows), bytes = !x.bytes.empty(), negative = may_be_negative(form);
    const std::int32_t taken_off = whole ? (bytes && negative ? kByteBias : 0) : form.spread;
    return {.section = form.section,
            .group = form.group != 0 ? std::size_t{form.group} : form.section,
            .sections = sections,
            .in_lanes = form.rest_whole ? sections / 2 * 2 : sections,
            .scales = form.scales,
            .run = form.run,
            .nested = form.nested,
            .minima = form.minima,
            .minimum_pairs = taken_off != 0 ? 8U : minima_per_section(form) / 2U,
            .lane_minima = !whole && (form.spread != 0 || form.minima == Minima::in_lanes),
            .scaled_minima = form.minima == Minima::in_lanes,
            .whole = whole,
            .bytes = bytes,
            .raised = x.raised,
            .taken_off = taken_off};
}

Packer::Packer(const IntegerForm& form, const Shape& shape, const IntegerRows& w, std::size_t lanes, IntegerRoom& room)
    : form_(form), shape_(shape), w_(w), lanes_(lanes), room_(room) {
    room.codes.resize(w.columns / (shape.bytes ? 4 : 2) * lanes);
    room.corrections.resize(shape.raised ? room.codes.size() : 0);
    room.factors.resize(shape.bytes && form.group != 0 ? w.columns / form.group * lanes : 0);
    room.scales.resize(shape.sections * shape.scales * lanes);
    room.minima.resize(shape.sections * shape.minimum_pairs * lanes);
    room.minimum_scales.resize(form.minima != Minima::none ? shape.sections * lanes : 0);
}

Packed Packer::pack(std::size_t first) {
    if (shape_.bytes) fours(first);
    for (std::size_t i = 0; i < lanes_; ++i) {
        const std::size_t row = std::min(first + i, w_.rows - 1);
        if (!shape_.bytes) pairs(row, i);
        for (std::size_t g = 0; g < room_.factors.size() / lanes_; ++g) room_.factors[g * lanes_ + i] = factor(row, g);
    }
    minima(first);
    floats(first, w_.scales, shape_.sections * shape_.scales, false, room_.scales.data());
    // Whole minima are subtracted, float ones (of q4_1) added.
    if (form_.minima != Minima::none)
        floats(first, w_.minimum_scales, shape_.sections, form_.minima != Minima::sums, room_.minimum_scales.data());
    return {room_.codes.data(),  room_.corrections.data(), room_.factors.data(),
            room_.minima.data(), room_.scales.data(),      room_.minimum_scales.data()};
}

std::int32_t Packer::factor(std::size_t row, std::size_t group) const {
    return form_.group != 0 ? w_.factors[row * (w_.columns / form_.group) + group] : 1;
}

void Packer::fours(std::size_t first) {
    const std::int8_t* rows = w_.codes + first * w_.columns;
    if (first + lanes_ > w_.rows) {
        room_.rows.resize(lanes_ * w_.columns);
        for (std::size_t i = 0; i < lanes_; ++i)
            std::copy_n(w_.codes + std::min(first + i, w_.rows - 1) * w_.columns, w_.columns,
                        room_.rows.data() + i * w_.columns);
        rows = room_.rows.data();
    }
#ifdef ATTNX_X86_KERNELS
    pack_fours(rows, w_.columns, may_be_negative(form_) && !shape_.raised ? 0x80808080U : 0U, room_.codes.data(),
               shape_.raised ? room_.corrections.data() : nullptr);
#elif defined(ATTNX_NEON_KERNELS)
    pack_fours(rows, w_.columns, room_.codes.data());
#else
    static_cast<void>(rows);
#endif
}

void Packer::pairs(std::size_t row, std::size_t i) {
    const std::int8_t* from = w_.codes + row * w_.columns;
    std::int32_t* to = room_.codes.data() + i;
    const std::int32_t spread = shape_.whole ? 0 : form_.spread;
    for (std::size_t g = 0; g < w_.columns / shape_.group; ++g) {
        const std::int32_t by = factor(row, g);
        for (std::size_t k = 0; k < shape_.group; k += 2, from += 2, to += lanes_)
            *to = pair_of((from[0] + spread) * by, (from[1] + spread) * by);
    }
}

std::int32_t Packer::minimum_pair(std::size_t row, std::size_t k) const {
    if (shape_.taken_off == 0) {
        const std::int16_t* two = w_.minima + (row * shape_.sections * shape_.minimum_pairs + k) * 2;
        return pair_of(two[0], two[1]);
    }
    const auto taken_off = [&](std::size_t sixteen) {
        return -shape_.taken_off * factor(row, form_.group != 0 ? sixteen * 16 / form_.group : 0);
    };
    return pair_of(taken_off(2 * k), taken_off(2 * k + 1));
}

bool Packer::words([[maybe_unused]] std::size_t first, [[maybe_unused]] const void* of_rows,
                   [[maybe_unused]] std::size_t count, [[maybe_unused]] std::uint32_t flipped,
                   [[maybe_unused]] void* to) const {
#ifdef ATTNX_X86_KERNELS
    if (shape_.bytes && first + lanes_ <= w_.rows) {
        constexpr std::size_t kWord = 4;
        pack_fours(static_cast<const std::int8_t*>(of_rows) + first * count * kWord, count * kWord, flipped,
                   static_cast<std::int32_t*>(to), nullptr);
        return true;
    }
#endif
    return false;
}

void Packer::minima(std::size_t first) {
    const std::size_t count = shape_.sections * shape_.minimum_pairs;
    if (shape_.taken_off == 0 && words(first, w_.minima, count, 0, room_.minima.data())) return;
    for (std::size_t i = 0; i < lanes_; ++i)
        for (std::size_t k = 0; k < count; ++k)
            room_.minima[k * lanes_ + i] = minimum_pair(std::min(first + i, w_.rows - 1), k);
}

void Packer::floats(std::size_t first, const float* of_rows, std::size_t count, bool negative, float* to) const {
    if (words(first, of_rows, count, negative ? 0x80000000U : 0U, to)) return;
    for (std::size_t i = 0; i < lanes_; ++i) {
        const float* from = of_rows + std::min(first + i, w_.rows - 1) * count;
        for (std::size_t k = 0; k < count; ++k) to[k * lanes_ + i] = negative ? -from[k] : from[k];
    }
}

}  // namespace attnx::kernel
