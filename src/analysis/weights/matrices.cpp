#include "matrices.h"

#include <fmt/format.h>

#include <algorithm>

#include "attnx/base/text.h"
#include "attnx/tensor/view.h"

namespace attnx::analysis {

void expect_shape(const gguf::TensorInfo& info, std::uint64_t inputs, std::uint64_t outputs, std::uint64_t count) {
    const auto fits = [](std::uint64_t is, std::uint64_t wanted) { return wanted == kAny || is == wanted; };
    if (fits(info.ne[0], inputs) && fits(info.ne[1], outputs) && fits(info.ne[2], count) && info.ne[3] == 1) return;
    const auto text = [](std::uint64_t size) { return size == kAny ? "any" : std::to_string(size); };
    const std::string also = count == 1 ? "" : ", " + text(count);
    const std::span dimensions(info.ne.begin(), std::max(1U, info.dimension_count));
    throw Misfit{fmt::format("{} is [{}], expected [{}, {}{}]", printable(info.name), fmt::join(dimensions, ", "),
                             text(inputs), text(outputs), also)};
}

std::vector<float> read_vector(const gguf::File& file, const gguf::TensorInfo* info, std::uint64_t count) {
    if (info == nullptr) return {};
    if (info->elements != count)
        throw Misfit{fmt::format("{} has {} elements, expected {}", printable(info->name), info->elements, count)};
    return tensor::TensorView(file, *info).read_all();
}

void scale_columns(Rows& rows, const std::vector<float>& gain) {
    for (std::size_t i = 0; i < rows.rows && !gain.empty(); ++i) {
        const std::span<float> row = rows.row(i);
        const auto factors = part(std::span(gain), 0, row.size(), "gains of a norm");
        for (std::size_t j = 0; j < row.size(); ++j) row[j] *= factors[j];
    }
}

void scale_rows(Rows& rows, const std::vector<float>& gain) {
    for (std::size_t i = 0; i < rows.rows && !gain.empty(); ++i)
        for (float& value : rows.row(i)) value *= gain.at(i);
}

Rows read_matrix(const gguf::File& file, const gguf::TensorInfo& info) {
    const tensor::TensorView view(file, info);
    Rows rows(view.rows() * view.slices(), view.columns());
    for (std::size_t slice = 0; slice < view.slices(); ++slice)
        view.read_rows(slice, 0, rows.values_of(slice * view.rows(), view.rows()));
    return rows;
}

// Some rows at a time.
Rows read_transposed(const gguf::File& file, const gguf::TensorInfo& info) {
    constexpr std::size_t kRows = 32;
    const tensor::TensorView view(file, info);
    const std::size_t columns = view.columns(), rows = view.rows();
    Rows out(columns, rows);
    std::vector<float> some(std::min(kRows, rows) * columns);
    for (std::size_t first = 0; first < rows; first += kRows) {
        const std::size_t count = std::min(kRows, rows - first);
        view.read_rows(0, first, std::span(some).first(count * columns));
        for (std::size_t column = 0; column < columns; ++column) {
            const std::span<float> to = out.row(column).subspan(first, count);
            for (std::size_t i = 0; i < count; ++i) to[i] = some[i * columns + column];
        }
    }
    return out;
}

}  // namespace attnx::analysis
