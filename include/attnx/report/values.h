// report: one tensor's numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attnx/analysis/value_stats.h"
#include "attnx/tensor/view.h"
#include "attnx/view/document.h"

namespace attnx::report {

// More than this as a table is nothing to read.
inline constexpr std::uint64_t kMostValuesForPeople = 4096;
inline constexpr std::uint32_t kHistogramBins = 24;

// Which part of a tensor: [slices, rows, columns].
struct Box {
    tensor::Range slices, rows, columns;
    std::uint64_t values() const { return slices.size() * rows.size() * columns.size(); }
};

// Of what is shown, slowest first, with as many dimensions as the tensor has (a part of a 4-dimensional one
// has its slices in one).
std::vector<std::uint64_t> box_shape(const tensor::TensorView& tensor, const Box& box);

// Calls visit for each row of the box, in order.
void for_each_row(const tensor::TensorView& tensor, const Box& box,
                  const std::function<void(std::uint64_t slice, std::uint64_t row, std::span<const float>)>& visit);

// The numbers themselves: a table of eight a line, or a column each where there are at most sixteen. The document
// reads them when it is printed, and keeps the file. `tensor` is of that file.
view::Document values(const std::shared_ptr<const gguf::File>& file, const tensor::TensorView& tensor, const Box& box);

// That they were written to a file instead.
view::Document values_written(const gguf::File& file, const tensor::TensorView& tensor, const Box& box,
                              const std::string& path);

// `stats` of the box; the histogram is drawn for people.
view::Document value_statistics(const gguf::File& file, const tensor::TensorView& tensor, const Box& box,
                                const analysis::ValueStats& stats);

}  // namespace attnx::report
