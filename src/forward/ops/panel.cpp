// The compiler turns the 16-float vectors into whatever the target has.
#include "panel.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

namespace attnx::forward {

namespace {

constexpr std::size_t kLanes = kPanelOutputs;
using Lanes = float __attribute__((vector_size(kLanes * sizeof(float))));

// Rows of x that share each load of the panel, and partial sums per output, which hide the latency of additions and keep rounding
// small. The sums must stay in registers: everything is unrolled by folding over index sequences.
template <std::size_t... Rows, std::size_t... Chains>
[[gnu::always_inline]] inline void product(std::index_sequence<Rows...>, std::index_sequence<Chains...>, const float* panel,
                                           std::size_t panel_stride, std::size_t inputs, const float* x, std::size_t x_stride,
                                           std::size_t rows, float* y, std::size_t y_stride, std::size_t outputs) {
    constexpr std::size_t kRows = sizeof...(Rows), kChains = sizeof...(Chains);
    for (std::size_t first = 0; first < rows; first += kRows) {
        const std::size_t count = std::min(kRows, rows - first);
        const float* const from[kRows] = {x + (first + std::min(Rows, count - 1)) * x_stride...};
        Lanes sum[kChains][kRows] = {};
        const auto add = [&](auto chain, std::size_t k) __attribute__((always_inline)) {
            Lanes w;
            std::memcpy(&w, panel + k * panel_stride, sizeof w);
            ((sum[decltype(chain)::value][Rows] += from[Rows][k] * w), ...);
        };
        std::size_t k = 0;
        for (; k + kChains <= inputs; k += kChains) (add(std::integral_constant<std::size_t, Chains>{}, k + Chains), ...);
        for (; k < inputs; ++k) add(std::integral_constant<std::size_t, 0>{}, k);
        Lanes total[kRows] = {sum[0][Rows]...};
        for (std::size_t c = 1; c < kChains; ++c) ((total[Rows] += sum[c][Rows]), ...);
        for (std::size_t t = 0; t < count; ++t) std::memcpy(y + (first + t) * y_stride, &total[t], outputs * sizeof(float));
    }
}

// Lane L of the pair's first row keeps its own or takes the second row's, Distance to the left; see transpose_block.
template <std::size_t Distance, std::size_t... L>
[[gnu::always_inline]] inline void exchange(Lanes& a, Lanes& b, std::index_sequence<L...>) {
    const Lanes upper = __builtin_shufflevector(a, b, ((L & Distance) != 0 ? kLanes + L - Distance : L)...);
    b = __builtin_shufflevector(a, b, ((L & Distance) != 0 ? kLanes + L : L + Distance)...);
    a = upper;
}

template <std::size_t Distance, std::size_t... Pair>
[[gnu::always_inline]] inline void exchange_all(Lanes* rows, std::index_sequence<Pair...>) {
    (exchange<Distance>(rows[Pair / Distance * 2 * Distance + Pair % Distance], rows[Pair / Distance * 2 * Distance + Pair % Distance + Distance],
                        std::make_index_sequence<kLanes>{}),
     ...);
}

// 16 x 16 numbers, by exchanging off-diagonal blocks of 1, 2, 4 and 8.
[[gnu::always_inline]] inline void transpose_block(const float* rows, std::size_t row_stride, float* panel) {
    Lanes block[kLanes];
    for (std::size_t o = 0; o < kLanes; ++o) std::memcpy(&block[o], rows + o * row_stride, sizeof(Lanes));
    constexpr auto kPairs = std::make_index_sequence<kLanes / 2>{};
    exchange_all<1>(block, kPairs);
    exchange_all<2>(block, kPairs);
    exchange_all<4>(block, kPairs);
    exchange_all<8>(block, kPairs);
    std::memcpy(panel, block, sizeof block);
}

using Kernel = decltype(&panel_product);

void portable(const float* panel, std::size_t panel_stride, std::size_t inputs, const float* x, std::size_t x_stride, std::size_t rows,
              float* y, std::size_t y_stride, std::size_t outputs) {
    product(std::make_index_sequence<1>{}, std::make_index_sequence<4>{}, panel, panel_stride, inputs, x, x_stride, rows, y, y_stride, outputs);
}

#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] void avx2(const float* panel, std::size_t panel_stride, std::size_t inputs, const float* x,
                                      std::size_t x_stride, std::size_t rows, float* y, std::size_t y_stride, std::size_t outputs) {
    product(std::make_index_sequence<3>{}, std::make_index_sequence<2>{}, panel, panel_stride, inputs, x, x_stride, rows, y, y_stride, outputs);
}

[[gnu::target("avx512f")]] void avx512(const float* panel, std::size_t panel_stride, std::size_t inputs, const float* x,
                                       std::size_t x_stride, std::size_t rows, float* y, std::size_t y_stride, std::size_t outputs) {
    product(std::make_index_sequence<6>{}, std::make_index_sequence<4>{}, panel, panel_stride, inputs, x, x_stride, rows, y, y_stride, outputs);
}
#endif

using Transposer = void (*)(const float* rows, std::size_t row_stride, std::size_t blocks, float* panel);

void transpose_portable(const float* rows, std::size_t row_stride, std::size_t blocks, float* panel) {
    for (std::size_t b = 0; b < blocks; ++b) {
        for (std::size_t o = 0; o < kLanes; ++o) {
            for (std::size_t k = b * kLanes; k < (b + 1) * kLanes; ++k) panel[k * kLanes + o] = rows[o * row_stride + k];
        }
    }
}

#if defined(__x86_64__)
[[gnu::target("avx512f")]] void transpose_avx512(const float* rows, std::size_t row_stride, std::size_t blocks, float* panel) {
    for (std::size_t b = 0; b < blocks; ++b) transpose_block(rows + b * kLanes, row_stride, panel + b * kLanes * kLanes);
}
#endif

Transposer best_transposer() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return transpose_avx512;
#endif
    return transpose_portable;
}

Kernel best_kernel() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2;
#endif
    return portable;
}

}  // namespace

void panel_product(const float* panel, std::size_t panel_stride, std::size_t inputs, const float* x, std::size_t x_stride,
                   std::size_t rows, float* y, std::size_t y_stride, std::size_t outputs) {
    static const Kernel kernel = best_kernel();
    kernel(panel, panel_stride, inputs, x, x_stride, rows, y, y_stride, outputs);
}

void transpose_panel(const float* rows, std::size_t row_stride, std::size_t outputs, std::size_t inputs, float* panel) {
    static const Transposer transposer = best_transposer();
    const std::size_t whole = outputs == kLanes ? inputs / kLanes : 0;
    transposer(rows, row_stride, whole, panel);
    if (outputs < kLanes) std::fill_n(panel, inputs * kLanes, 0.0F);
    for (std::size_t o = 0; o < outputs; ++o) {
        for (std::size_t k = whole * kLanes; k < inputs; ++k) panel[k * kLanes + o] = rows[o * row_stride + k];
    }
}

}  // namespace attnx::forward
