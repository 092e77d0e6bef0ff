// attnx values: a tensor's numbers.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "../arguments/option_rows.h"
#include "../arguments/suggest.h"
#include "../inputs/inputs.h"
#include "../inputs/open_model.h"
#include "../process/progress.h"
#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "attnx/base/units.h"
#include "attnx/io/output_files.h"
#include "attnx/report/values.h"
#include "command_rows.h"
#include "file_outputs.h"

namespace attnx::cli {
namespace {

// "A:B", "A:", ":B", "A": counted from 0, B not included.
tensor::Range parse_range(std::string_view text, std::string_view option, std::uint64_t extent) {
    const auto refuse = [&](std::string_view why) {
        throw Error(ErrorCode::usage, fmt::format("{} '{}': {}", option, text, why));
    };
    const auto number = [&](std::string_view part, std::uint64_t absent) {
        std::uint64_t value = absent;
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
        if (!part.empty() && (error != std::errc() || end != part.data() + part.size()))
            refuse("write A:B, from A up to but not including B");
        return value;
    };
    const std::size_t colon = text.find(':');
    tensor::Range range{number(text.substr(0, colon), 0), extent};
    if (colon == std::string_view::npos) range.end = text.empty() ? extent : range.first + 1;
    else range.end = std::min(number(text.substr(colon + 1), extent), extent);
    if (range.first >= extent) refuse(fmt::format("there are {}, counted from 0", extent));
    if (range.end <= range.first) refuse("nothing lies in between");
    return range;
}

// As one array, row by row.
void write_array(const view::OutputRow& output, FileSink& out, const tensor::TensorView& view, const report::Box& box,
                 Progress& progress) {
    view::StreamPlan plan;
    for (const std::uint64_t extent : report::box_shape(view, box)) plan.axes.push_back({.size = extent});
    const auto stream = output.stream(plan, out);
    std::vector<std::uint64_t> place(plan.axes.size() - 1);
    report::for_each_row(view, box, [&](std::uint64_t, std::uint64_t, std::span<const float> row) {
        stream->write(place, place, row);
        for (std::size_t axis = place.size(); axis-- > 0;) {
            if (++place[axis] < plan.axes[axis].size) break;
            place[axis] = 0;
        }
        progress.advance(row.size_bytes());
    });
}

class Values final : public Command {
public:
    Options declare() override {
        return {model_argument(model_),
                {.spellings = {"TENSOR"},
                 .help = "Name of a tensor, as `attnx tensors` lists it.",
                 .required = true,
                 .hint = ValueHint::tensor,
                 .set = [this](std::string_view text) { tensor_ = text; }},
                {.spellings = {"--rows"},
                 .value_name = "A:B",
                 .help = "Rows A up to but not including B, counted from 0; also A:, :B and A.",
                 .default_text = "all",
                 .set = [this](std::string_view text) { rows_ = text; }},
                {.spellings = {"--cols", "--columns"},
                 .value_name = "A:B",
                 .help = "The same for columns, the fastest dimension.",
                 .default_text = "all",
                 .set = [this](std::string_view text) { columns_ = text; }},
                {.spellings = {"--slices"},
                 .value_name = "A:B",
                 .help = "The same for matrices of a tensor with more than two dimensions (experts).",
                 .default_text = "all",
                 .set = [this](std::string_view text) { slices_ = text; }},
                {.spellings = {"--stats"},
                 .help = "Instead of the numbers: extremes, mean, deviation, zeros, NaN and a histogram.",
                 .set = [this](std::string_view) { stats_ = true; }},
                {.spellings = {"-o", "--output"},
                 .value_name = "FILE",
                 .help = fmt::format("Write the numbers, all of them, to a {}.", endings(takes_numbers)),
                 .hint = ValueHint::file,
                 .set = [this](std::string_view text) {
                     output_for(text, takes_numbers);
                     output_ = text;
                 }}};
    }

    Outcome run(const Environment& environment) override {
        const auto opened = std::make_shared<const gguf::File>(open_model(environment, model_, Reads::tensors));
        const gguf::File& file = *opened;
        const gguf::TensorInfo* info = file.find_tensor(tensor_);
        if (info == nullptr) throw not_found(file);
        const tensor::TensorView view(file, *info);
        const report::Box box{parse_range(slices_, "--slices", view.slices()),
                              parse_range(rows_, "--rows", view.rows()),
                              parse_range(columns_, "--cols", view.columns())};
        for (std::uint64_t slice = box.slices.first; slice < box.slices.end; ++slice)
            file.will_read(*info, (slice * view.rows() + box.rows.first) * view.row_bytes(),
                           box.rows.size() * view.row_bytes());
        if (!output_.empty()) {
            io::OutputFiles outputs({output_}, paths_of(file));
            Progress progress(environment, "writing", box.values() * sizeof(float));
            const view::OutputRow& output = output_for(output_, takes_numbers);
            FileSink out(outputs[0]);
            if (output.one_shape) write_array(output, out, view, box, progress);
            else output.render(report::values(opened, view, box), {}, out);
            outputs.publish();
            if (!stats_) return {report::values_written(file, view, box, output_)};
        }
        if (stats_) return {report::value_statistics(file, view, box, statistics(environment, view, box))};
        refuse_what_nobody_reads(environment, view, box);
        return {report::values(opened, view, box)};
    }

private:
    Error not_found(const gguf::File& file) const {
        std::vector<std::string_view> names;
        for (const gguf::TensorInfo& info : file.tensors()) names.push_back(info.name);
        return Error(ErrorCode::not_found,
                     fmt::format("there is no tensor '{}'{}", tensor_, did_you_mean(tensor_, names)),
                     {file.path(), std::nullopt, {}});
    }

    static analysis::ValueStats statistics(const Environment& environment, const tensor::TensorView& view,
                                           const report::Box& box) {
        Progress progress(environment, "reading", 2 * box.values() * sizeof(float));
        return analysis::value_stats(
            [&](const std::function<void(std::span<const float>)>& take) {
                report::for_each_row(view, box, [&](std::uint64_t, std::uint64_t, std::span<const float> row) {
                    take(row);
                    progress.advance(row.size_bytes());
                });
            },
            report::kHistogramBins);
    }

    void refuse_what_nobody_reads(const Environment& environment, const tensor::TensorView& view,
                                  const report::Box& box) const {
        if (box.values() <= report::kMostValuesForPeople || environment.output->carries != view::Carries::shown) return;
        throw Error(
            ErrorCode::usage,
            fmt::format("{} has {} values here, about {} as a table: choose some with --rows and "
                        "--cols, see --stats, or write them with "
                        "-o FILE, a {}",
                        tensor_, format_grouped(box.values()), format_bytes(box.values() * 11), endings(takes_numbers)),
            {model_, view.info().offset, {}});
    }

    std::string model_, tensor_, rows_, columns_, slices_, output_;
    bool stats_ = false;
};

}  // namespace

CommandRow values_command() {
    return {.name = "values",
            .group = "Look",
            .summary = "The numbers in a tensor, dequantised, or their statistics",
            .description =
                "Reads any tensor type of ggml. Rows are the outputs of a weight matrix, columns its inputs. "
                "JSON nests the numbers as the "
                "shape does, slowest dimension first; CSV has a line per row; -o writes a file that numpy.load "
                "reads.",
            .examples = {{"values model.gguf blk.0.attn_q.weight --rows 0:4 --cols 0:8", "a corner of a matrix"},
                         {"values model.gguf output_norm.weight --stats", "extremes, mean, deviation and a histogram"},
                         {"values model.gguf blk.0.attn_q.weight -o q.npy", "the whole matrix for NumPy"}},
            .make = [] { return std::unique_ptr<Command>(std::make_unique<Values>()); }};
}

}  // namespace attnx::cli
