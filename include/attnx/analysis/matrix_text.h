// analysis: matrices that others wrote: .npy as NumPy's save does, .csv as its savetxt, pandas or a spreadsheet do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attnx::analysis {

struct NumberMatrix {
    std::uint64_t rows = 0, columns = 0;
    std::vector<double> values = {};       // row by row
    bool single = false;                   // they were floats, or less
    std::vector<std::string> labels = {};  // of the columns, where a first line names them
};

// Numbers of any kind and byte order, in either order of dimensions; of more than two dimensions those before the last
// two must be 1. `path` is for messages. Throws bad_value for what is no such file, truncated, unsupported for other
// kinds of elements.
NumberMatrix read_npy(std::span<const std::byte> bytes, const std::string& path);

// Lines of numbers between commas, semicolons or tabs. A first line that has others than numbers names the columns; a
// first field on every line that is no number names the row, and is left out. An empty field is NaN. Throws bad_value,
// naming the line.
NumberMatrix read_csv(std::string_view text, const std::string& path);

}  // namespace attnx::analysis
