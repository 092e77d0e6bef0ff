// The inner loop of every product: a panel of up to 16 outputs times a few rows.
#pragma once

#include <cstddef>

namespace attnx::forward {

inline constexpr std::size_t kPanelOutputs = 16;

// y[t][o] = sum over k of x[t][k] * panel[k][o], for o < outputs <= 16. Rows of the panel are panel_stride apart and have at least
// 16 readable floats. Runs on the best instruction set of this processor.
void panel_product(const float* panel, std::size_t panel_stride, std::size_t inputs, const float* x, std::size_t x_stride,
                   std::size_t rows, float* y, std::size_t y_stride, std::size_t outputs);

// panel[k][o] = rows[o][k]; rows are row_stride apart; panel rows are 16 apart, unused outputs are 0.
void transpose_panel(const float* rows, std::size_t row_stride, std::size_t outputs, std::size_t inputs, float* panel);

}  // namespace attnx::forward
