// Products with sums become fused multiply-adds where there are any (CMakeLists.txt asks for that).
#include "attnx/kernel/flash.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "attnx/kernel/eights.h"
#include "attnx/kernel/exp.h"
#include "attnx/kernel/fused.h"

namespace attnx::kernel {

namespace {

constexpr float kNone = -std::numeric_limits<float>::infinity();

// What is needed of each instruction set.
struct RowOperations {
    void (*scale)(float* to, std::size_t n, float factor);
    void (*add)(float* to, const float* from, std::size_t n, float factor);  // to += factor * from
    // to[j] += sum over i of factors[i] * rows[i][j], in turn
    void (*add_rows)(float* to, const float* rows, std::size_t stride, const float* factors, std::size_t count,
                     std::size_t n);
};

// What is added to is read before what is multiplied: an address sanitizer's check must not part a product from its
// sum.
[[gnu::always_inline]] inline void add_product(float& to, float factor, const float& from) {
    const float old = to, value = from;
    to = old + factor * value;
}

[[gnu::always_inline]] inline void scale_all(float* to, std::size_t n, float factor) {
    for (std::size_t j = 0; j < n; ++j) to[j] *= factor;
}

[[gnu::always_inline]] inline void add_all(float* to, const float* __restrict from, std::size_t n, float factor) {
    for (std::size_t j = 0; j < n; ++j) add_product(to[j], factor, from[j]);
}

// As many columns at a time as stay in registers.
[[gnu::always_inline]] inline void add_all_rows(float* to, const float* __restrict rows, std::size_t stride,
                                                const float* __restrict factors, std::size_t count, std::size_t n) {
    constexpr std::size_t kColumns = 64;
    std::size_t first = 0;
    for (; first + kColumns <= n; first += kColumns) {
        float sums[kColumns];
        std::copy_n(to + first, kColumns, sums);
        for (std::size_t i = 0; i < count; ++i) {
            const float* row = rows + i * stride + first;
            const float factor = factors[i];
            for (std::size_t j = 0; j < kColumns; ++j) add_product(sums[j], factor, row[j]);
        }
        std::copy_n(sums, kColumns, to + first);
    }
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t j = first; j < n; ++j) add_product(to[j], factors[i], rows[i * stride + j]);
}

void scale_portable(float* to, std::size_t n, float factor) { scale_all(to, n, factor); }
void add_portable(float* to, const float* from, std::size_t n, float factor) { add_all(to, from, n, factor); }
void add_rows_portable(float* to, const float* rows, std::size_t stride, const float* factors, std::size_t count,
                       std::size_t n) {
    add_all_rows(to, rows, stride, factors, count, n);
}

#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] void scale_avx2(float* to, std::size_t n, float factor) { scale_all(to, n, factor); }
[[gnu::target("avx2,fma")]] void add_avx2(float* to, const float* from, std::size_t n, float factor) {
    add_all(to, from, n, factor);
}
[[gnu::target("avx2,fma")]] void add_rows_avx2(float* to, const float* rows, std::size_t stride, const float* factors,
                                               std::size_t count, std::size_t n) {
    add_all_rows(to, rows, stride, factors, count, n);
}
#endif

RowOperations operations(Simd simd) {
#if defined(__x86_64__)
    if (simd != Simd::portable) return {scale_avx2, add_avx2, add_rows_avx2};
#endif
    static_cast<void>(simd);
    return {scale_portable, add_portable, add_rows_portable};
}

// What was added so far, all of it times e^-most, and the sum of its weights.
struct Running {
    float most = kNone, sum = 0.0F;

    // Takes in a score that may be the largest. Returns its weight; what was added is to be scaled by `scale` first.
    float weigh(float score, float& scale) {
        float weight = 1.0F;
        if (score > most) {
            scale = std::exp(most - score);
            most = score;
        } else {
            weight = std::exp(score - most);
        }
        sum = fused(sum, scale, weight);
        return weight;
    }
};

void divide(const RowOperations& rows, Running& running, std::optional<float> sink, std::span<float> to) {
    if (sink) {
        float scale = 1.0F;
        running.weigh(*sink, scale);
        if (scale != 1.0F) rows.scale(to.data(), to.size(), scale);
    }
    rows.scale(to.data(), to.size(), running.sum == 0.0F ? 0.0F : 1.0F / running.sum);
}

void expect_fit(std::size_t scores, Strip<const float> values, std::size_t columns) {
    if (scores > values.rows || columns != values.columns) outside(0, scores, values.rows, "values of keys");
}

}  // namespace

void flash_by_keys(std::span<const float> scores, Strip<const float> values, std::optional<float> sink, SumsIn sums,
                   std::span<float> to, Simd simd) {
    expect_fit(scores.size(), values, to.size());
    const RowOperations rows = operations(simd);
    const bool halves = sums == SumsIn::halves;
    std::ranges::fill(to, 0.0F);
    Running running;
    for (std::size_t j = 0; j < scores.size(); ++j) {
        if (scores[j] == kNone) continue;
        float scale = 1.0F;
        const float weight = running.weigh(scores[j], scale);
        if (scale != 1.0F) {
            rows.scale(to.data(), to.size(), scale);
            if (halves) round_to_half(to, simd);
        }
        rows.add(to.data(), values.first + j * values.stride, to.size(), weight);
        if (halves) round_to_half(to, simd);
    }
    divide(rows, running, sink, to);
}

void flash_by_tiles(std::span<float> scores, Strip<const float> values, std::optional<float> sink, std::span<float> to,
                    Simd simd) {
    expect_fit(scores.size(), values, to.size());
    const RowOperations rows = operations(simd);
    std::ranges::fill(to, 0.0F);
    Running running;
    for (std::size_t first = 0; first < scores.size(); first += kFlashTile) {
        const std::span<float> tile = scores.subspan(first, std::min(kFlashTile, scores.size() - first));
        const float most = largest(tile, simd);
        if (most == kNone) continue;
        if (most > running.most) {
            const float scale = std::exp(running.most - most);
            rows.scale(to.data(), to.size(), scale);
            running.sum *= scale;
            running.most = most;
        }
        const double sum = exp_shifted(tile, running.most, Rest::padded, simd);
        running.sum = static_cast<float>(static_cast<double>(running.sum) + sum);
        rows.add_rows(to.data(), values.first + first * values.stride, values.stride, tile.data(), tile.size(),
                      to.size());
    }
    divide(rows, running, sink, to);
}

void products_in_turn(Strip<const float> x, Strip<const float> w, Strip<float> y, Floats& room, Simd simd) {
    if (x.columns != w.columns) outside(0, x.columns, w.columns, "columns of a matrix");
    if (y.rows != x.rows || y.columns != w.rows) outside(0, x.rows, y.rows, "rows of products");
    const RowOperations rows = operations(simd);
    room.resize(product({w.rows, w.columns}, "rows of products"));
    for (std::size_t o = 0; o < w.rows; ++o)
        for (std::size_t k = 0; k < w.columns; ++k) room[k * w.rows + o] = w.first[o * w.stride + k];
    for (std::size_t t = 0; t < x.rows; ++t) {
        float* to = y.first + t * y.stride;
        std::fill_n(to, w.rows, 0.0F);
        rows.add_rows(to, room.data(), w.rows, x.first + t * x.stride, x.columns, w.rows);
    }
}

}  // namespace attnx::kernel
