// Four rows share each load of 16 weights. The compiler turns the 16-float vectors into whatever the target has.
#include "panel.h"

#include <algorithm>
#include <cstring>

namespace attnx::forward {

namespace {

constexpr std::size_t kLanes = kPanelOutputs;
constexpr std::size_t kRows = 4;
constexpr std::size_t kBlock = 16;  // products summed before they join the total, which keeps rounding small
using Lanes = float __attribute__((vector_size(kLanes * sizeof(float))));

[[gnu::always_inline]] inline void product(const float* panel, std::size_t panel_stride, std::size_t inputs, const float* x,
                                           std::size_t x_stride, std::size_t rows, float* y, std::size_t y_stride, std::size_t outputs) {
    for (std::size_t first = 0; first < rows; first += kRows) {
        const std::size_t count = std::min(kRows, rows - first);
        const float* from[kRows];
        for (std::size_t t = 0; t < kRows; ++t) from[t] = x + (first + std::min(t, count - 1)) * x_stride;
        Lanes sum[kRows] = {};
        for (std::size_t block = 0; block < inputs; block += kBlock) {
            Lanes part[kRows] = {};
            const std::size_t end = std::min(block + kBlock, inputs);
            for (std::size_t k = block; k < end; ++k) {
                Lanes w;
                std::memcpy(&w, panel + k * panel_stride, sizeof w);
                for (std::size_t t = 0; t < kRows; ++t) part[t] += from[t][k] * w;
            }
            for (std::size_t t = 0; t < kRows; ++t) sum[t] += part[t];
        }
        for (std::size_t t = 0; t < count; ++t) std::memcpy(y + (first + t) * y_stride, &sum[t], outputs * sizeof(float));
    }
}

using Kernel = decltype(&panel_product);

void portable(const float* panel, std::size_t panel_stride, std::size_t inputs, const float* x, std::size_t x_stride, std::size_t rows,
              float* y, std::size_t y_stride, std::size_t outputs) {
    product(panel, panel_stride, inputs, x, x_stride, rows, y, y_stride, outputs);
}

#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] void avx2(const float* panel, std::size_t panel_stride, std::size_t inputs, const float* x,
                                      std::size_t x_stride, std::size_t rows, float* y, std::size_t y_stride, std::size_t outputs) {
    product(panel, panel_stride, inputs, x, x_stride, rows, y, y_stride, outputs);
}

[[gnu::target("avx512f")]] void avx512(const float* panel, std::size_t panel_stride, std::size_t inputs, const float* x,
                                       std::size_t x_stride, std::size_t rows, float* y, std::size_t y_stride, std::size_t outputs) {
    product(panel, panel_stride, inputs, x, x_stride, rows, y, y_stride, outputs);
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
