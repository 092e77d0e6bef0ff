#include "attend_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "attnx/base/error.h"

namespace attnx::cli {
namespace {

// Without labels: heads are called by numbers that differ from layer to layer.
view::StreamPlan stream_plan(const ExportPlan& plan) {
    const std::uint64_t tokens = plan.tokens.size();
    view::StreamPlan stream{.axes = {{.id = "layer", .size = plan.layers.size()},
                                     {.id = "head", .size = plan.heads.empty() ? 0 : plan.heads.front().size()},
                                     {.id = "query", .size = tokens},
                                     {.id = "key", .size = tokens}},
                            .value = "weight"};
    for (const study::Token& token : plan.tokens) stream.axes[3].labels.emplace_back(view::Token{token.piece});
    stream.axes[2].labels = stream.axes[3].labels;
    return stream;
}

bool equally_many_heads(const ExportPlan& plan) {
    return std::ranges::all_of(plan.heads,
                               [&](const auto& heads) { return heads.size() == plan.heads.front().size(); });
}

view::Document description(const std::string& path, const ExportPlan& plan, view::List shape) {
    view::Document document;
    document.command = "attend";
    document.model = plan.model;
    const auto fact = [](const char* id, view::Cell value) {
        return view::Fact{id, "", std::move(value), view::Unit::none, view::Show::scripts, ""};
    };
    document.blocks.emplace_back(
        view::Facts{"",
                    {fact("file", std::filesystem::path(path).filename().string()), fact("file_type", plan.file_type),
                     fact("numerics", plan.numerics), fact("rows", "queries"), fact("columns", "keys"),
                     fact("shape", std::move(shape))},
                    view::Show::scripts});
    document.blocks.emplace_back(report::token_table(plan.tokens));
    view::Table layers;
    layers.id = "layers";
    layers.columns = {{"layer", "layer"}, {"heads", "heads"}, {"window", "window"}};
    for (std::size_t i = 0; i < plan.layers.size(); ++i) {
        view::List heads;
        for (const std::uint32_t head : plan.heads[i]) heads.emplace_back(head);
        layers.rows.push_back(
            {plan.layers[i], std::move(heads), plan.windows[i] == 0 ? view::Cell() : view::Cell(plan.windows[i])});
    }
    document.blocks.emplace_back(std::move(layers));
    return document;
}

// Where `value` lies among those that ascend; nothing: it is not there.
std::optional<std::size_t> place_in(const std::vector<std::uint32_t>& ascending, std::uint32_t value) {
    const auto found = std::ranges::lower_bound(ascending, value);
    if (found == ascending.end() || *found != value) return std::nullopt;
    return static_cast<std::size_t>(found - ascending.begin());
}

bool not_one_shape(const view::OutputRow& output) { return takes_streams(output) && !output.one_shape; }

}  // namespace

Export::Export(io::OutputFile& file, io::OutputFile& description, ExportPlan plan)
    : plan_(std::move(plan)), file_(file), description_(description), sink_(file) {
    const view::OutputRow& output = output_for(file.path(), takes_streams);
    one_shape_ = output.one_shape;
    if (one_shape_ && !equally_many_heads(plan_))
        throw Error(ErrorCode::usage,
                    fmt::format("layers differ in how many heads they have; choose layers or heads, or write {}",
                                endings(not_one_shape)),
                    {file.path(), std::nullopt, {}});
    stream_ = output.stream(stream_plan(plan_), sink_);
}

bool Export::wants_attention(std::uint32_t layer) { return place_in(plan_.layers, layer).has_value(); }

void Export::attention(const trace::AttentionRows& rows) {
    const auto layer = place_in(plan_.layers, rows.layer);
    if (!layer) return;
    const auto head = place_in(plan_.heads[*layer], rows.head);
    if (!head) return;
    for (std::uint32_t i = 0; i < rows.query_count; ++i) {
        const std::uint32_t query = rows.first_query + i;
        stream_->write(std::array<std::uint64_t, 3>{*layer, *head, query},
                       std::array<std::uint64_t, 3>{rows.layer, rows.head, query},
                       rows.row(query).first(rows.key_count));
    }
}

void Export::finish() {
    view::List shape;
    if (one_shape_)
        for (const view::Axis& axis : stream_plan(plan_).axes) shape.emplace_back(axis.size);
    FileSink out(description_);
    describing_output().render(description(file_.path(), plan_, std::move(shape)), {}, out);
}

}  // namespace attnx::cli
