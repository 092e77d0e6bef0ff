// The compiler turns the vectors into whatever the target has, and products with sums into fused multiply-adds where it
// has them (CMakeLists.txt asks for that).
#include "attnx/kernel/dot.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace attnx::kernel {

namespace {

constexpr std::size_t kSums = 32;    // partial sums per output
constexpr std::size_t kOutputs = 4;  // rows of w that a tile takes
constexpr std::size_t kChunk =
    1024;  // floats of a row that are multiplied at a time; more rows than fit the first-level cache wait otherwise
// Tiles side by side, whose rows of w stay in the cache while all of x passes; fewer when their sums must wait for the
// next chunk.
constexpr std::size_t kTiles = 16, kWaitingTiles = 8;

template <std::size_t N>
struct VectorOf;
template <>
struct VectorOf<4> {
    using type = float __attribute__((vector_size(16)));
};
template <>
struct VectorOf<8> {
    using type = float __attribute__((vector_size(32)));
};
template <>
struct VectorOf<16> {
    using type = float __attribute__((vector_size(64)));
};

#ifdef ATTNX_NEON_KERNELS
constexpr std::size_t kShortRows = 4;  // of x, four floats at a time: 32 registers hold twice the sums
#else
constexpr std::size_t kShortRows = 2;
#endif

// N / 4 rows of x times four of w, N floats at a time: each output has N of its partial sums in a register.
template <std::size_t N>
struct Tile {
    using Lanes = typename VectorOf<N>::type;
    static constexpr std::size_t kRows = N < 8 ? kShortRows : N / kOutputs, kAll = kRows * kOutputs,
                                 kPasses = kSums / N;
};

// sum[t * 4 + o] += products of N floats. The sums must stay in registers: everything is unrolled by folding over index
// sequences.
template <std::size_t N, std::size_t... T, std::size_t... O, std::size_t... I>
[[gnu::always_inline]] inline void step(const float* const* x, std::size_t k, const float* w,
                                        typename Tile<N>::Lanes* sum, std::index_sequence<T...>,
                                        std::index_sequence<O...>, std::index_sequence<I...>) {
    typename Tile<N>::Lanes xs[sizeof...(T)], ws[sizeof...(O)];
    (std::memcpy(&ws[O], w + O * N, sizeof ws[O]), ...);
    (std::memcpy(&xs[T], x[T] + k, sizeof xs[T]), ...);
    ((sum[I] += xs[I / kOutputs] * ws[I % kOutputs]), ...);
}

// Adds to sums, or sets them if they are fresh, the products of the runs of N floats that begin at x + from, x + from +
// 32, …; w holds the runs of four rows side by side. What is read through `ahead` is needed soon.
template <std::size_t N, std::size_t... T, std::size_t... I>
[[gnu::always_inline]] inline void accumulate(const float* const* x, std::size_t from, std::size_t runs, const float* w,
                                              const float* ahead, bool fresh, typename Tile<N>::Lanes* sums,
                                              std::index_sequence<T...>, std::index_sequence<I...>) {
    constexpr auto kTs = std::make_index_sequence<sizeof...(T)>{};
    constexpr auto kOs = std::make_index_sequence<kOutputs>{};
    constexpr auto kIs = std::make_index_sequence<sizeof...(I)>{};
    const float* const rows[] = {x[T]...};
    typename Tile<N>::Lanes sum[sizeof...(I)] = {};
    if (!fresh) ((sum[I] = sums[I]), ...);
    for (std::size_t k = from; runs != 0; --runs, k += kSums, w += kOutputs * N) {
        __builtin_prefetch(ahead + k);
        step<N>(rows, k, w, sum, kTs, kOs, kIs);
    }
    ((sums[I] = sum[I]), ...);
}

// Lane i of a becomes a[i] + a[i + Apart] where i has not the bit Apart, and b[i] + b[i - Apart] where it has.
template <std::size_t N, std::size_t Apart, std::size_t... I>
[[gnu::always_inline]] inline void fold(typename Tile<N>::Lanes& a, const typename Tile<N>::Lanes& b,
                                        std::index_sequence<I...>) {
    const typename Tile<N>::Lanes own = __builtin_shufflevector(a, b, ((I & Apart) != 0 ? N + I : I)...);
    a = own + __builtin_shufflevector(a, b, ((I & Apart) != 0 ? N + I - Apart : I + Apart)...);
}

// N vectors into one: lane i is the sum of vector i, lanes being added 8, 4, 1 and 2 apart, or 8, 4, 2 and 1.
template <std::size_t N>
[[gnu::always_inline]] inline void sum_lanes(typename Tile<N>::Lanes* v, LastSums last) {
    constexpr auto kIndices = std::make_index_sequence<N>{};
    if constexpr (N >= 16) {
        for (std::size_t i = 0; i < 8; ++i) fold<N, 8>(v[i], v[i + 8], kIndices);
    }
    if constexpr (N >= 8) {
        for (std::size_t i = 0; i < 4; ++i) fold<N, 4>(v[i], v[i + 4], kIndices);
    }
    if (last == LastSums::neighbours) {
        fold<N, 1>(v[0], v[1], kIndices);
        fold<N, 1>(v[2], v[3], kIndices);
        fold<N, 2>(v[0], v[2], kIndices);
    } else {
        fold<N, 2>(v[0], v[2], kIndices);
        fold<N, 2>(v[1], v[3], kIndices);
        fold<N, 1>(v[0], v[1], kIndices);
    }
}

// Partial sums of one tile, those of a pass in registers at once.
template <std::size_t N>
using Sums = typename Tile<N>::Lanes[kSums / N][Tile<N>::kAll];

// Adds those 16, 8, … apart until one vector per output is left, and that up.
template <std::size_t N>
[[gnu::always_inline]] inline void add_up(Sums<N>& sums, float* out, LastSums last) {
    constexpr std::size_t kAll = Tile<N>::kAll;
    for (std::size_t half = kSums / N / 2; half != 0; half /= 2) {
        for (std::size_t pass = 0; pass < half; ++pass) {
            for (std::size_t i = 0; i < kAll; ++i) sums[pass][i] += sums[pass + half][i];
        }
    }
    for (std::size_t i = 0; i < kAll; i += N) {
        sum_lanes<N>(sums[0] + i, last);
        std::memcpy(out + i, &sums[0][i], sizeof sums[0][i]);
    }
}

struct Operands {
    Strip<const float> x, w;
    std::size_t length;
    float* y;
    std::size_t y_stride;
    Rest rest;
    Floats& room;
    LastSums last;
};

// Floats [from, to) of four rows of w, whole 32s, as accumulate() reads them: runs of N floats of the four side by
// side, those of one pass together.
template <std::size_t N>
[[gnu::always_inline]] inline float* pack(const float* const* rows, std::size_t from, std::size_t to, float* out) {
    for (std::size_t pass = 0; pass < Tile<N>::kPasses; ++pass) {
        for (std::size_t k = from + pass * N; k < to; k += kSums) {
            for (std::size_t o = 0; o < kOutputs; ++o, out += N) std::memcpy(out, rows[o] + k, N * sizeof(float));
        }
    }
    return out;
}

// All of four rows from `first` on, chunk by chunk, and what is left with zeros after it. Rows that are not there
// repeat the last.
template <std::size_t N>
[[gnu::always_inline]] inline void pack_tile(const Strip<const float>& w, std::size_t first, std::size_t grouped,
                                             std::size_t left, float* out) {
    const float* rows[kOutputs];
    for (std::size_t o = 0; o < kOutputs; ++o) rows[o] = w.first + std::min(first + o, w.rows - 1) * w.stride;
    for (std::size_t from = 0; from < grouped; from += kChunk)
        out = pack<N>(rows, from, std::min(from + kChunk, grouped), out);
    if (left == 0) return;
    float padded[kOutputs][kSums] = {};
    for (std::size_t o = 0; o < kOutputs; ++o) {
        std::copy_n(rows[o] + grouped, left, padded[o]);
        rows[o] = padded[o];
    }
    pack<N>(rows, 0, kSums, out);
}

[[gnu::noinline]] void add_in_turn(const Operands& m, std::size_t t, std::size_t rows, std::size_t o,
                                   std::size_t outputs, float* out) {
    for (std::size_t k = m.length / kSums * kSums; k < m.length; ++k) {
        for (std::size_t i = 0; i < rows; ++i) {
            const float x = m.x.first[(t + i) * m.x.stride + k];
            for (std::size_t j = 0; j < outputs; ++j) {
                float rounded = x * m.w.first[(o + j) * m.w.stride + k];
                __asm__("" : "+m"(rounded));  // keeps it from being fused with the addition
                out[i * kOutputs + j] += rounded;
            }
        }
    }
}

// A tile's outputs from its partial sums.
template <std::size_t N>
[[gnu::always_inline]] inline void finish(Sums<N>& sums, const Operands& m, std::size_t t, std::size_t o) {
    constexpr std::size_t kRows = Tile<N>::kRows;
    float out[Tile<N>::kAll];
    add_up<N>(sums, out, m.last);
    float* y = m.y + t * m.y_stride + o;
    const std::size_t rows = std::min(kRows, m.x.rows - t), outputs = std::min(kOutputs, m.w.rows - o);
    if (m.rest == Rest::in_turn && m.length % kSums != 0) add_in_turn(m, t, rows, o, outputs, out);
    if (rows == kRows && outputs == kOutputs) {
        for (std::size_t i = 0; i < kRows; ++i)
            std::memcpy(y + i * m.y_stride, out + i * kOutputs, kOutputs * sizeof(float));
    } else {
        for (std::size_t i = 0; i < rows; ++i) std::copy_n(out + i * kOutputs, outputs, y + i * m.y_stride);
    }
}

// Adds to a tile's sums, or sets them if they are fresh, floats [from, from + 32 * groups) of the x rows times the
// packed rows.
template <std::size_t N>
[[gnu::always_inline]] inline void add_tile(const float* const* x, const float* ahead, std::size_t from,
                                            std::size_t groups, const float* packed, bool fresh, Sums<N>& sums) {
    for (std::size_t pass = 0; pass < Tile<N>::kPasses; ++pass) {
        accumulate<N>(x, from + pass * N, groups, packed + pass * groups * kOutputs * N, ahead, fresh, sums[pass],
                      std::make_index_sequence<Tile<N>::kRows>{}, std::make_index_sequence<Tile<N>::kAll>{});
    }
}

// What a few rows of x give with all tiles of a block. Rows of x that are not there repeat the last one; what they give
// is dropped.
template <std::size_t N>
struct TileRow {
    static constexpr std::size_t kRows = Tile<N>::kRows;

    const Operands& m;
    std::size_t grouped, left, tile_size;
    const float *x[kRows], *ahead[kRows], *ends[kRows];
    float padded[kRows][kSums];

    void start(std::size_t t) {
        for (std::size_t i = 0; i < kRows; ++i) {
            x[i] = m.x.first + std::min(t + i, m.x.rows - 1) * m.x.stride;
            ahead[i] = m.x.first + std::min(t + kRows + i, m.x.rows - 1) * m.x.stride;
            if (left == 0) continue;
            std::fill(std::copy_n(x[i] + grouped, left, padded[i]), padded[i] + kSums, 0.0F);
            ends[i] = padded[i];
        }
    }

    [[gnu::always_inline]] void add(std::size_t tile, std::size_t from, Sums<N>& sums) const {
        const float* packed = m.room.data() + tile * tile_size + from * kOutputs;
        add_tile<N>(x, ahead[tile % kRows], from, std::min(kChunk, grouped - from) / kSums, packed, from == 0, sums);
    }

    [[gnu::always_inline]] void end(std::size_t tile, std::size_t t, std::size_t o, Sums<N>& sums) const {
        if (left != 0)
            add_tile<N>(ends, ends[0], 0, 1, m.room.data() + tile * tile_size + grouped * kOutputs, grouped == 0, sums);
        else if (grouped == 0) std::memset(sums, 0, sizeof sums);
        finish<N>(sums, m, t, o);
    }
};

template <std::size_t N>
[[gnu::always_inline]] inline void multiply_all(const Operands& m) {
    const std::size_t grouped = m.length / kSums * kSums, left = m.rest == Rest::padded ? m.length - grouped : 0;
    const bool at_once = grouped <= kChunk;
    const std::size_t block_rows = (at_once ? kTiles : kWaitingTiles) * kOutputs;
    TileRow<N> strip{m, grouped, left, (grouped + (left != 0 ? kSums : 0)) * kOutputs, {}, {}, {}, {}};
    m.room.resize(std::max(m.room.size(), block_rows * strip.tile_size / kOutputs));
    for (std::size_t block = 0; block < m.w.rows; block += block_rows) {
        const std::size_t tiles = (std::min(block_rows, m.w.rows - block) + kOutputs - 1) / kOutputs;
        for (std::size_t i = 0; i < tiles; ++i)
            pack_tile<N>(m.w, block + i * kOutputs, grouped, left, m.room.data() + i * strip.tile_size);
        for (std::size_t t = 0; t < m.x.rows; t += Tile<N>::kRows) {
            strip.start(t);
            Sums<N> sums[kWaitingTiles];
            if (at_once) {
                for (std::size_t i = 0; i < tiles; ++i) {
                    if (grouped != 0) strip.add(i, 0, sums[0]);
                    strip.end(i, t, block + i * kOutputs, sums[0]);
                }
                continue;
            }
            for (std::size_t from = 0; from < grouped; from += kChunk) {
                for (std::size_t i = 0; i < tiles; ++i) strip.add(i, from, sums[i]);
            }
            for (std::size_t i = 0; i < tiles; ++i) strip.end(i, t, block + i * kOutputs, sums[i]);
        }
    }
}

void portable(const Operands& m) { multiply_all<4>(m); }  // fuses on AArch64, whose every set it is

#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] void avx2(const Operands& m) { multiply_all<8>(m); }

[[gnu::target("avx512f")]] void avx512(const Operands& m) { multiply_all<16>(m); }
#endif

}  // namespace

void dot_products(Strip<const float> x, Strip<const float> w, Strip<float> y, Rest rest, Floats& room, Simd simd,
                  LastSums last) {
    if (x.columns != w.columns) outside(0, x.columns, w.columns, "columns of a matrix");
    if (y.rows != x.rows || y.columns != w.rows) outside(0, x.rows, y.rows, "rows of products");
    const Operands m{x, w, x.columns, y.first, y.stride, rest, room, last};
#if defined(__x86_64__)
    if (simd == Simd::avx512) return avx512(m);
    if (simd == Simd::avx2) return avx2(m);
#endif
    static_cast<void>(simd);
    portable(m);
}

}  // namespace attnx::kernel
