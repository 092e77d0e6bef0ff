// The compiler turns the vectors into whatever the target has, and products with sums into fused multiply-adds where it
// has them (CMakeLists.txt asks for that).
#include "attnx/kernel/panels.h"

#include <algorithm>
#include <cstring>

namespace attnx::kernel {

namespace {

constexpr std::size_t kSums = Panels::kSums, kLevels = 5;  // partial sums per output, and how often they are halved
constexpr std::size_t kRows = 6;                           // of x that a tile takes
// Of so few elements two partial sums of half the rows are taken together: they need not wait for each other in memory.
constexpr std::size_t kFewTurns = 4;
constexpr std::size_t kJumps = 16;  // turns up to which the next partial sum's elements are fetched beforehand

// What a tile multiplies.
struct Operands {
    std::size_t length, summed;  // elements, and how many of them go through partial sums
    const float* panel;
    std::size_t place_stride;  // floats
    LastSums last;
};

// Partial sums in the order in which they are finished: those to be added to each other follow each other. They are
// added 16, 8, 4, 1 and 2 apart, or 16, 8, 4, 2 and 1.
constexpr std::size_t place_of(std::size_t turn, LastSums last) {
    const std::size_t first = (turn & 1U) << 4U | (turn & 2U) << 2U | (turn & 4U);
    return first | (last == LastSums::neighbours ? turn >> 3U : (turn & 8U) >> 2U | (turn & 16U) >> 4U);
}

template <std::size_t N>
struct Lanes {
    using type [[gnu::vector_size(N * sizeof(float))]] = float;
};

template <std::size_t N, std::size_t R, std::size_t C>
[[gnu::always_inline]] inline void add_element(const float* const (&x)[R], std::size_t k, const float* w,
                                               typename Lanes<N>::type* sum) {
    typename Lanes<N>::type ws[C];
#pragma GCC unroll 4
    for (std::size_t c = 0; c < C; ++c) std::memcpy(&ws[c], w + c * N, sizeof ws[c]);
#pragma GCC unroll 6
    for (std::size_t r = 0; r < R; ++r) {
        const typename Lanes<N>::type each = x[r][k] - typename Lanes<N>::type{};  // - and not +: 0 + -0 is 0
#pragma GCC unroll 4
        for (std::size_t c = 0; c < C; ++c) sum[r * C + c] += each * ws[c];
    }
}

// N floats a register: R rows of x times C registers of outputs from `from` on, P partial sums of each together; where
// P is not 1, all have equally many elements.
template <std::size_t N, std::size_t R, std::size_t C, std::size_t P>
[[gnu::always_inline]] inline void multiply_tile(const Operands& m, const float* const (&x)[R], std::size_t from,
                                                 float* out) {
    using Vector = typename Lanes<N>::type;
    Vector waiting[kLevels][R * C], sum[P][R * C];
    for (std::size_t turn = P - 1;; turn += P) {
        std::size_t k[P];
        const float* w[P];
#pragma GCC unroll 2
        for (std::size_t p = 0; p < P; ++p) {
            k[p] = place_of(turn - p, m.last);
            w[p] = m.panel + k[p] * m.place_stride + from;
#pragma GCC unroll 24
            for (Vector& each : sum[p]) each = Vector{};
        }
        const float* ahead =
            P == 1 && m.summed <= kJumps * kSums ? m.panel + place_of(turn + 1, m.last) * m.place_stride + from : w[0];
        while (k[0] < m.summed) {
            if constexpr (P == 1) {
#pragma GCC unroll 4
                for (std::size_t c = 0; c < C; ++c) __builtin_prefetch(ahead + c * N);
                ahead += Panels::kWidth;
            }
#pragma GCC unroll 2
            for (std::size_t p = 0; p < P; ++p) {
                add_element<N, R, C>(x, k[p], w[p], sum[p]);
                k[p] += kSums;
                w[p] += Panels::kWidth;
            }
        }
        if constexpr (P == 2) {
#pragma GCC unroll 24
            for (std::size_t i = 0; i < R * C; ++i) sum[0][i] += sum[1][i];
        }
        std::size_t level = P - 1;
        for (; (turn >> level & 1U) != 0; ++level) {
#pragma GCC unroll 24
            for (std::size_t i = 0; i < R * C; ++i) sum[0][i] += waiting[level][i];
        }
        if (level == kLevels) break;
#pragma GCC unroll 24
        for (std::size_t i = 0; i < R * C; ++i) waiting[level][i] = sum[0][i];
    }
    std::memcpy(out, sum[0], sizeof sum[0]);
}

// What is not in partial sums: each product is rounded.
template <std::size_t R>
[[gnu::noinline]] void add_in_turn(const Operands& m, const float* const (&x)[R], std::size_t from, std::size_t width,
                                   float* out) {
    for (std::size_t k = m.summed; k < m.length; ++k) {
        const float* w = m.panel + k % kSums * m.place_stride + k / kSums * Panels::kWidth + from;
        for (std::size_t r = 0; r < R; ++r)
            for (std::size_t i = 0; i < width; ++i) {
                float rounded = x[r][k] * w[i];
                __asm__("" : "+m"(rounded));  // keeps it from being fused with the addition
                out[r * width + i] += rounded;
            }
    }
}

template <std::size_t N, std::size_t R, std::size_t C, std::size_t P>
[[gnu::always_inline]] inline void multiply_rows(const Operands& m, Strip<const float> x, std::size_t t,
                                                 std::size_t from, Strip<float> y) {
    const float* rows[R];
    for (std::size_t r = 0; r < R; ++r) rows[r] = x.first + std::min(t + r, x.rows - 1) * x.stride;
    float out[R * C * N];
    multiply_tile<N, R, C, P>(m, rows, from, out);
    if (m.summed != m.length) add_in_turn<R>(m, rows, from, C * N, out);
    const std::size_t count = std::min(C * N, y.columns - from);
    for (std::size_t r = 0; r < R && t + r < x.rows; ++r) {
        float* const to = y.first + (t + r) * y.stride + from;
        // Of a length that is known, and so no call.
        if (count == C * N) std::memcpy(to, out + r * C * N, C * N * sizeof(float));
        else std::copy_n(out + r * C * N, count, to);
    }
}

// What is left of rows is a tile as well, unless it would fill less than half of one.
template <std::size_t N, std::size_t R, std::size_t C, std::size_t P>
[[gnu::always_inline]] inline void multiply_columns(const Operands& m, Strip<const float> x, std::size_t from,
                                                    Strip<float> y) {
    std::size_t t = 0;
    for (; t + R / 2 < x.rows; t += R) multiply_rows<N, R, C, P>(m, x, t, from, y);
    for (; t < x.rows; ++t) multiply_rows<N, 1, C, 1>(m, x, t, from, y);
}

// One panel, or as much of it as y has columns.
template <std::size_t N, std::size_t C>
[[gnu::always_inline]] inline void multiply_panel(const Operands& m, Strip<const float> x, Strip<float> y) {
    const bool few = m.summed % kSums == 0 && m.summed <= kFewTurns * kSums;
    std::size_t from = 0;
    for (; from + C * N <= y.columns; from += C * N) {
        if (few) multiply_columns<N, kRows / 2, C, 2>(m, x, from, y);
        else multiply_columns<N, kRows, C, 1>(m, x, from, y);
    }
    for (; from < y.columns; from += N) multiply_columns<N, kRows, 1, 1>(m, x, from, y);
}

using MultiplyPanel = void (*)(const Operands&, Strip<const float>, Strip<float>);

#ifdef ATTNX_NEON_KERNELS
void portable(const Operands& m, Strip<const float> x, Strip<float> y) { multiply_panel<4, 4>(m, x, y); }
#else
void portable(const Operands& m, Strip<const float> x, Strip<float> y) { multiply_panel<4, 2>(m, x, y); }
#endif
#ifdef ATTNX_X86_KERNELS
[[gnu::target("avx2,fma")]] void avx2(const Operands& m, Strip<const float> x, Strip<float> y) {
    multiply_panel<8, 2>(m, x, y);
}
[[gnu::target("avx512f")]] void avx512(const Operands& m, Strip<const float> x, Strip<float> y) {
    multiply_panel<16, 4>(m, x, y);
}
#endif

MultiplyPanel kernel_of(Simd simd) {
#ifdef ATTNX_X86_KERNELS
    if (simd == Simd::avx512) return avx512;
    if (simd == Simd::avx2) return avx2;
#endif
    static_cast<void>(simd);
    return portable;
}

}  // namespace

void Panels::resize(std::size_t outputs, std::size_t elements, bool of_rows) {
    outputs_ = outputs;
    elements_ = elements;
    of_rows_ = of_rows;
    const std::size_t turns = (elements + kSums - 1) / kSums;
    place_stride_ = product({turns, kWidth}, "a panel");
    panel_size_ = product({place_stride_, kSums}, "a panel");
    values_.resize(product({count(), panel_size_}, "panels"));
}

void Panels::resize_for_products(std::size_t rows, std::size_t columns) { resize(rows, columns, true); }

void Panels::resize_for_sums(std::size_t rows, std::size_t columns) { resize(columns, rows, false); }

void Panels::pack(Strip<const float> rows, std::size_t panel) {
    const bool fits =
        rows.rows == (of_rows_ ? outputs_ : elements_) && rows.columns == (of_rows_ ? elements_ : outputs_);
    if (!fits || panel >= count()) outside(panel, rows.rows, count(), "panels of a matrix");
    const std::size_t first = panel * kWidth, width = std::min(kWidth, outputs_ - first);
    float* const to = values_.data();
    if (!of_rows_) {
        for (std::size_t k = 0; k < elements_; ++k) {
            float* const row = to + place(panel, k);
            std::fill(std::copy_n(rows.first + k * rows.stride + first, width, row), row + kWidth, 0.0F);
        }
        return;
    }
    constexpr std::size_t kTogether = 16;  // a line of the cache
    for (std::size_t from = 0; from < elements_; from += kTogether) {
        const std::size_t end = std::min(from + kTogether, elements_);
        for (std::size_t i = 0; i < kWidth; ++i) {
            const float* row = rows.first + (first + std::min(i, width - 1)) * rows.stride;
            for (std::size_t k = from; k < end; ++k) to[place(panel, k) + i] = row[k];
        }
    }
}

void Panels::multiply(Strip<const float> x, std::size_t first_element, std::size_t first_output, Strip<float> y,
                      Rest rest, Simd simd, LastSums last) const {
    if (first_element % kSums != 0 || first_element > elements_ || x.columns > elements_ - first_element)
        outside(first_element, x.columns, elements_, "elements of a matrix");
    if (first_output % kWidth != 0 || first_output > outputs_ || y.columns > outputs_ - first_output)
        outside(first_output, y.columns, outputs_, "outputs of a matrix");
    if (y.rows != x.rows) outside(0, x.rows, y.rows, "rows of products");
    if (x.rows == 0) return;
    const std::size_t summed = rest == Rest::padded ? x.columns : x.columns / kSums * kSums;
    const MultiplyPanel run = kernel_of(simd);
    for (std::size_t from = 0; from < y.columns; from += kWidth) {
        const std::size_t panel = (first_output + from) / kWidth;
        const Operands m{x.columns, summed, values_.data() + place(panel, first_element), place_stride_, last};
        run(m, x, y.columns_from(from, std::min(kWidth, y.columns - from)));
    }
}

}  // namespace attnx::kernel
