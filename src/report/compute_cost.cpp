#include <fmt/format.h>

#include "attnx/base/text.h"
#include "attnx/base/units.h"
#include "attnx/report/report.h"
#include "geometry.h"

namespace attnx::report {
namespace {

using analysis::ComputeCost;
using analysis::kStageCount;
using analysis::LayerCompute;
using analysis::Stage;
using view::Cell;
using view::Show;
using view::Unit;

view::Table stage_table(const ComputeCost& cost) {
    view::Table table;
    table.id = "stages";
    table.title = cost.params.decode ? "One decode step, by stage" : "Prefill, by stage";
    table.columns = {{"stage", "stage", Unit::none, Show::scripts},
                     {"title", "stage"},
                     {"flops", "FLOP", Unit::flops},
                     {"share", "share", Unit::percent}};
    for (std::size_t i = 0; i < kStageCount; ++i) {
        if (cost.flops[i] == 0) continue;
        const Stage stage = static_cast<Stage>(i);
        table.rows.push_back({id(stage), title(stage), cost.flops[i], cost.flops[i] / cost.total_flops});
    }
    table.footer = {Cell(), "total", cost.total_flops, 1.0};
    return table;
}

view::Table layer_table(const ComputeCost& cost) {
    view::Table table;
    table.id = "layers";
    table.show = Show::scripts;
    table.columns = {{"layer", "layer"}};
    for (std::size_t i = 0; i + 1 < kStageCount; ++i) {
        const Stage stage = static_cast<Stage>(i);
        table.columns.push_back({std::string(id(stage)) + "_flops", std::string(title(stage)), Unit::flops});
    }
    table.columns.push_back({"total_flops", "total", Unit::flops});
    table.columns.push_back({"attention_matrix_bytes", "attention matrix", Unit::bytes});
    for (const LayerCompute& layer : cost.layers) {
        std::vector<Cell> row = {layer.layer};
        for (std::size_t i = 0; i + 1 < kStageCount; ++i) row.emplace_back(layer.flops[i]);
        row.emplace_back(layer.total_flops);
        row.emplace_back(layer.attention_matrix_bytes);
        table.rows.push_back(std::move(row));
    }
    return table;
}

// Layers of one cost share a row.
view::Table folded_layers(const ComputeCost& cost) {
    view::Table table;
    table.title = "Per layer";
    table.show = Show::people;
    table.columns = {{"layers", "layers"},
                     {"projections", "Q, K, V, O", Unit::flops},
                     {"scores", "scores to sum", Unit::flops},
                     {"mixer", "other mixers", Unit::flops},
                     {"feed_forward", "feed-forward", Unit::flops},
                     {"total", "total", Unit::flops},
                     {"matrix", "attention matrix", Unit::bytes}};
    table.columns[0].align = view::Align::left;
    if (cost.flops[static_cast<std::size_t>(Stage::mixer)] == 0)
        table.columns[3].show = Show::scripts;  // nothing to see
    std::vector<std::pair<const LayerCompute*, std::vector<std::uint32_t>>> groups;
    for (const LayerCompute& layer : cost.layers) {
        auto group = groups.begin();
        while (group != groups.end() && group->first->flops != layer.flops) ++group;
        if (group == groups.end()) group = groups.insert(groups.end(), {&layer, {}});
        group->second.push_back(layer.layer);
    }
    for (const auto& [layer, indices] : groups) {
        const auto flops = [layer = layer](Stage stage) { return layer->flops[static_cast<std::size_t>(stage)]; };
        table.rows.push_back(
            {fold_numbers(indices), flops(Stage::q) + flops(Stage::k) + flops(Stage::v) + flops(Stage::o),
             flops(Stage::scores) + flops(Stage::softmax) + flops(Stage::weighted_sum), flops(Stage::mixer),
             flops(Stage::feed_forward), layer->total_flops, layer->attention_matrix_bytes});
    }
    return table;
}

view::Facts totals(const model::ModelSpec& spec, const ComputeCost& cost) {
    view::Facts facts{"", {}, Show::all};
    auto add = [&](const char* key, const char* label, Cell value, Unit unit, std::string remark = "",
                   Show show = Show::all) {
        facts.facts.push_back({key, label, std::move(value), unit, show, std::move(remark)});
    };
    add("context", cost.params.decode ? "position" : "prompt", cost.params.context, Unit::none, "tokens");
    add("batch", "sequences", cost.params.batch, Unit::none, "", cost.params.batch > 1 ? Show::all : Show::scripts);
    add("mode", "", cost.params.decode ? "decode" : "prefill", Unit::none, "", Show::scripts);
    add("total_flops", "FLOP", cost.total_flops, Unit::flops);
    add("attention_matrix_bytes_per_layer", "attention matrix", cost.attention_matrix_bytes_per_layer, Unit::bytes,
        "float32, one layer, if it were materialised");
    add("attention_matrix_bytes", "of all layers", cost.attention_matrix_bytes, Unit::bytes);
    add("weight_bytes_read", "", cost.weight_bytes_read, Unit::none, "", Show::scripts);
    add("cache_bytes_read", "", cost.cache_bytes_read, Unit::none, "", Show::scripts);
    add("bytes_read_per_token", "read per decoded token", cost.weight_bytes_read + cost.cache_bytes_read, Unit::bytes,
        fmt::format("{} weights + {} f16 cache and state", format_bytes(cost.weight_bytes_read),
                    format_bytes(cost.cache_bytes_read)));
    add("crossover_context", "scores outweigh projections", cost.crossover_context, Unit::none,
        cost.crossover_context ? "tokens of prompt and more" : "at no context");
    add("counted_from_tensors", "", cost.counted_from_tensors, Unit::none, "", Show::scripts);
    add("estimate_reason", "", analysis::compute_estimate_reason(spec), Unit::none, "", Show::scripts);
    return facts;
}

}  // namespace

view::Document compute_cost(const std::optional<view::ModelRef>& model, const model::ModelSpec& spec,
                            const ComputeCost& cost) {
    view::Document document;
    document.command = "compute-cost";
    document.model = model;
    document.findings = spec.findings;
    document.csv_table = "stages";
    document.blocks.emplace_back(totals(spec, cost));
    document.blocks.emplace_back(stage_table(cost));
    document.blocks.emplace_back(folded_layers(cost));
    document.blocks.emplace_back(layer_table(cost));
    if (const auto reason = analysis::compute_estimate_reason(spec))
        document.blocks.emplace_back(view::Note{fmt::format("An estimate: {}.", *reason)});
    if (!cost.counted_from_tensors)
        document.blocks.emplace_back(view::Note{
            "No tensor table to count from: projections follow from the geometry, and the feed-forward network is assumed to be gated (three matrices)."});
    return document;
}

}  // namespace attnx::report
