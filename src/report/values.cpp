#include "attnx/report/values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "attnx/base/text.h"

namespace attnx::report {
namespace {

using view::Cell;
using view::Show;
using view::Unit;

view::Document start(const gguf::File& file, const tensor::TensorView& tensor) {
    view::Document document;
    document.command = "values";
    const auto architecture = file.metadata().string("general.architecture");
    const auto name = file.metadata().string("general.name");
    document.model = view::ModelRef{file.path(), std::string(architecture.value_or("")),
                                    name ? std::optional<std::string>(*name) : std::nullopt};
    const gguf::TensorInfo& info = tensor.info();
    view::List shape;
    for (std::uint32_t i = info.dimension_count; i-- > 0;) shape.emplace_back(info.ne[i]);
    view::Facts facts;
    facts.facts = {{"tensor", "tensor", std::string(info.name)},
                   {"type", "type", std::string(info.type->name)},
                   {.id = "shape", .label = "shape", .value = std::move(shape), .remark = "slowest dimension first"}};
    document.blocks.emplace_back(std::move(facts));
    if (tensor.is_turned())
        document.findings.push_back(
            {FindingId::rotated_weights,
             "the tensor is stored in a rotated basis (prism.hadamard.*); its numbers are those "
             "before it was rotated"});
    return document;
}

void add_part(view::Document& document, const tensor::TensorView& tensor, const Box& box) {
    if (box.values() == tensor.info().elements) return;
    std::vector<std::string> parts;
    if (tensor.slices() > 1) parts.push_back(fmt::format("slices {} to {}", box.slices.first, box.slices.end - 1));
    if (tensor.info().dimension_count > 1)
        parts.push_back(fmt::format("rows {} to {}", box.rows.first, box.rows.end - 1));
    parts.push_back(fmt::format("columns {} to {}", box.columns.first, box.columns.end - 1));
    std::get<view::Facts>(document.blocks.front())
        .facts.push_back(
            {.id = "", .label = "part", .value = fmt::format("{}", fmt::join(parts, ", ")), .show = Show::people});
}

}  // namespace

std::vector<std::uint64_t> box_shape(const tensor::TensorView& tensor, const Box& box) {
    const gguf::TensorInfo& info = tensor.info();
    if (info.dimension_count <= 1) return {box.columns.size()};
    if (info.dimension_count == 2) return {box.rows.size(), box.columns.size()};
    if (info.dimension_count == 4 && box.slices.size() == tensor.slices())
        return {info.ne[3], info.ne[2], box.rows.size(), box.columns.size()};
    return {box.slices.size(), box.rows.size(), box.columns.size()};
}

void for_each_row(const tensor::TensorView& tensor, const Box& box,
                  const std::function<void(std::uint64_t, std::uint64_t, std::span<const float>)>& visit) {
    std::vector<float> buffer(box.columns.size());
    for (std::uint64_t slice = box.slices.first; slice < box.slices.end; ++slice) {
        for (std::uint64_t row = box.rows.first; row < box.rows.end; ++row) {
            tensor.read(slice, row, box.columns, buffer);
            visit(slice, row, buffer);
        }
    }
}

view::Document values(const std::shared_ptr<const gguf::File>& file, const tensor::TensorView& tensor, const Box& box) {
    view::Document document = start(*file, tensor);
    add_part(document, tensor, box);
    view::Numbers numbers;
    numbers.id = "values";
    numbers.shape = box_shape(tensor, box);
    numbers.first = {box.slices.first, box.rows.first, box.columns.first};
    numbers.first.erase(numbers.first.begin(), numbers.first.end() - static_cast<std::ptrdiff_t>(std::min<std::size_t>(
                                                                         3, numbers.shape.size())));
    if (numbers.shape.size() == 4) numbers.first.insert(numbers.first.begin(), 0);
    numbers.rows = [file, tensor, box, buffer = std::vector<float>(box.columns.size())](std::uint64_t row) mutable {
        tensor.read(box.slices.first + row / box.rows.size(), box.rows.first + row % box.rows.size(), box.columns,
                    buffer);
        return view::RowValues(buffer);
    };
    document.csv_table = "values";
    numbers.names = {"slice", "row", "column"};
    while (numbers.names.size() < numbers.shape.size()) numbers.names.insert(numbers.names.begin(), "i0");
    numbers.names.erase(numbers.names.begin(), numbers.names.end() - static_cast<std::ptrdiff_t>(numbers.shape.size()));
    if (box.values() <= kMostValuesForPeople) numbers.show = Show::all;
    document.blocks.emplace_back(std::move(numbers));
    return document;
}

view::Document values_written(const gguf::File& file, const tensor::TensorView& tensor, const Box& box,
                              const std::string& path) {
    view::Document document = start(file, tensor);
    add_part(document, tensor, box);
    view::List shape;
    for (const std::uint64_t extent : box_shape(tensor, box)) shape.emplace_back(extent);
    std::get<view::Facts>(document.blocks.front()).facts.push_back({"written/path", "written to", path});
    std::get<view::Facts>(document.blocks.front())
        .facts.push_back({"written/shape", "as", std::move(shape), Unit::none, Show::all, "float32"});
    return document;
}

view::Document value_statistics(const gguf::File& file, const tensor::TensorView& tensor, const Box& box,
                                const analysis::ValueStats& stats) {
    view::Document document = start(file, tensor);
    add_part(document, tensor, box);
    view::Facts facts;
    facts.facts = {{"count", "values", stats.count},
                   {.id = "min", .label = "least", .value = stats.min, .unit = Unit::real},
                   {.id = "max", .label = "greatest", .value = stats.max, .unit = Unit::real},
                   {.id = "mean", .label = "mean", .value = stats.mean, .unit = Unit::real},
                   {.id = "standard_deviation",
                    .label = "standard deviation",
                    .value = stats.standard_deviation,
                    .unit = Unit::real},
                   {"zeros", "zeros", stats.zeros},
                   {"nans", "NaN", stats.nans},
                   {"infinities", "infinite", stats.infinities}};
    document.blocks.emplace_back(std::move(facts));
    view::Table table;
    table.id = "histogram";
    table.title = "Histogram of the finite values";
    table.columns = {{"from", "from", Unit::real},
                     {"to", "to", Unit::real},
                     {"count", "values"},
                     {.show = Show::people, .look = view::Look::bar}};
    for (const auto& bin : stats.histogram) table.rows.push_back({bin.from, bin.to, bin.count, bin.count});
    document.csv_table = "histogram";
    document.blocks.emplace_back(std::move(table));
    if (stats.nans + stats.infinities > 0)
        document.findings.push_back(
            {FindingId::not_finite, fmt::format("{}: {} NaN and {} infinite values", printable(tensor.info().name),
                                                stats.nans, stats.infinities)});
    return document;
}

}  // namespace attnx::report
