// tensor: the codebooks of the i-quants (table data, i_quant_grids.cpp). First element in the lowest byte.
#pragma once

#include <array>
#include <cstdint>

namespace attnx::tensor {

extern const std::array<std::uint64_t, 256> kIq2XxsGrid;  // 8 magnitudes of {8, 25, 43}
extern const std::array<std::uint64_t, 512> kIq2XsGrid;
extern const std::array<std::uint64_t, 1024> kIq2SGrid;
extern const std::array<std::uint32_t, 256> kIq3XxsGrid;  // 4 magnitudes of {4, 12, … 62}
extern const std::array<std::uint32_t, 512> kIq3SGrid;    // 4 odd magnitudes up to 15
extern const std::array<std::uint64_t, 2048> kIq1Grid;    // 8 signed bytes of {-1, 0, 1}

}  // namespace attnx::tensor
