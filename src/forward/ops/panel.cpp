// The compiler turns the 16-float vectors into whatever the target has.
#include "panel.h"

#include <algorithm>
#include <cstring>

namespace attnx::forward {

namespace {

constexpr std::size_t kLanes = kPanelOutputs;
constexpr std::size_t kChains = 4;  // partial sums per output: hides latency and keeps rounding small
using Lanes = float __attribute__((vector_size(kLanes * sizeof(float))));

// Rows: how many rows of x share each load of the panel, as many as there are registers for.
template <std::size_t Rows>
[[gnu::always_inline]] inline void product(const float* panel, std::size_t panel_stride, std::size_t inputs, const float* x,
                                           std::size_t x_stride, std::size_t rows, float* y, std::size_t y_stride, std::size_t outputs) {
    for (std::size_t first = 0; first < rows; first += Rows) {
        const std::size_t count = std::min(Rows, rows - first);
        const float* from[Rows];
        for (std::size_t t = 0; t < Rows; ++t) from[t] = x + (first + std::min(t, count - 1)) * x_stride;
        Lanes sum[kChains][Rows] = {};
        std::size_t k = 0;
        for (; k + kChains <= inputs; k += kChains) {
            for (std::size_t c = 0; c < kChains; ++c) {
                Lanes w;
                std::memcpy(&w, panel + (k + c) * panel_stride, sizeof w);
                for (std::size_t t = 0; t < Rows; ++t) sum[c][t] += from[t][k + c] * w;
            }
        }
        for (; k < inputs; ++k) {
            Lanes w;
            std::memcpy(&w, panel + k * panel_stride, sizeof w);
            for (std::size_t t = 0; t < Rows; ++t) sum[0][t] += from[t][k] * w;
        }
        for (std::size_t t = 0; t < count; ++t) {
            const Lanes total = (sum[0][t] + sum[2][t]) + (sum[1][t] + sum[3][t]);
            std::memcpy(y + (first + t) * y_stride, &total, outputs * sizeof(float));
        }
    }
}

using Kernel = decltype(&panel_product);

void portable(const float* panel, std::size_t panel_stride, std::size_t inputs, const float* x, std::size_t x_stride, std::size_t rows,
              float* y, std::size_t y_stride, std::size_t outputs) {
    product<1>(panel, panel_stride, inputs, x, x_stride, rows, y, y_stride, outputs);
}

#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] void avx2(const float* panel, std::size_t panel_stride, std::size_t inputs, const float* x,
                                      std::size_t x_stride, std::size_t rows, float* y, std::size_t y_stride, std::size_t outputs) {
    product<2>(panel, panel_stride, inputs, x, x_stride, rows, y, y_stride, outputs);
}

[[gnu::target("avx512f")]] void avx512(const float* panel, std::size_t panel_stride, std::size_t inputs, const float* x,
                                       std::size_t x_stride, std::size_t rows, float* y, std::size_t y_stride, std::size_t outputs) {
    product<4>(panel, panel_stride, inputs, x, x_stride, rows, y, y_stride, outputs);
}
#endif

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
    if (outputs < kLanes) std::fill_n(panel, inputs * kLanes, 0.0F);
    for (std::size_t o = 0; o < outputs; ++o) {
        for (std::size_t k = 0; k < inputs; ++k) panel[k * kLanes + o] = rows[o * row_stride + k];
    }
}

}  // namespace attnx::forward
