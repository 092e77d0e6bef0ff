#include <fmt/format.h>

#include "weights_parts.h"

namespace attnx::report {

using analysis::HeadWeights;
using analysis::LayerWeightReport;
using analysis::WeightMetric;
using analysis::WeightReport;
using view::Cell;
using view::Show;
using view::Unit;

namespace {

Cell singular_values(const std::optional<analysis::Spectrum>& spectrum) {
    if (!spectrum) return {};
    view::List list;
    for (const double value : spectrum->singular_values) list.emplace_back(value);
    return list;
}

}  // namespace

void add_layers_for_scripts(view::Document& document, const WeightReport& report) {
    view::Table table{.id = "layers"};
    table.show = Show::scripts;
    for (const char* id : {"layer", "head_count", "head_count_kv", "head_dim_k", "head_dim_v", "form", "notes"})
        table.columns.push_back({id, id});
    for (const LayerWeightReport& layer : report.layers) {
        view::List notes;
        for (const std::string& note : layer.notes) notes.emplace_back(note);
        table.rows.push_back({layer.layer, layer.head_count, layer.head_count_kv, layer.head_dim_k, layer.head_dim_v,
                              layer.form, std::move(notes)});
    }
    document.blocks.emplace_back(std::move(table));
}

void add_heads_for_scripts(view::Document& document, const WeightReport& report, const WeightsView& view) {
    view::Table table{.id = "heads"};
    table.show = Show::scripts;
    for (const char* id : {"layer", "head", "kv_head"}) table.columns.push_back({id, id, Unit::id});
    for (const WeightMetric& metric : analysis::weight_metrics())
        table.columns.push_back({std::string(metric.id), std::string(metric.label), Unit::real});
    for (const char* id : {"qk_similar_head", "ov_similar_head", "qk_singular_values", "ov_singular_values"})
        table.columns.push_back({id, id});
    for (const LayerWeightReport& layer : report.layers) {
        for (const HeadWeights& head : layer.heads) {
            if (!is_shown(view, head)) continue;
            std::vector<Cell> row = {head.layer, head.head, head.kv_head};
            for (const WeightMetric& metric : analysis::weight_metrics()) row.emplace_back(metric.of(head));
            row.push_back(head.nearest_qk ? std::optional(head.nearest_qk->head) : std::nullopt);
            row.push_back(head.nearest_ov ? std::optional(head.nearest_ov->head) : std::nullopt);
            row.push_back(singular_values(head.qk));
            row.push_back(singular_values(head.ov));
            table.rows.push_back(std::move(row));
        }
    }
    document.csv_table = "heads";
    document.blocks.emplace_back(std::move(table));
}

void add_similarity_for_scripts(view::Document& document, const WeightReport& report) {
    std::size_t index = 0;
    for (const LayerWeightReport& layer : report.layers) {
        if (layer.qk_cosines.empty() && layer.ov_cosines.empty()) continue;
        const std::string path = fmt::format("similarity/{}/", index++);
        view::Facts facts;
        facts.show = Show::scripts;
        facts.facts.push_back({path + "layer", "layer", layer.layer});
        document.blocks.emplace_back(std::move(facts));
        const std::uint64_t heads = layer.head_count;
        if (!layer.qk_cosines.empty())
            document.blocks.emplace_back(
                view::Numbers{path + "qk", {heads, heads}, view::rows_of(layer.qk_cosines, heads)});
        if (!layer.ov_cosines.empty())
            document.blocks.emplace_back(
                view::Numbers{path + "ov", {heads, heads}, view::rows_of(layer.ov_cosines, heads)});
    }
}

}  // namespace attnx::report
