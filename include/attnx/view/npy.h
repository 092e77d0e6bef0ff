// view: NumPy's .npy files.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace attnx::view {

// What stands before the data: little-endian float32, C order, the shape slowest first (numpy.lib.format, version 1.0).
// The data is to follow as it lies in memory on a little-endian machine.
std::string npy_header(std::span<const std::uint64_t> shape);

}  // namespace attnx::view
