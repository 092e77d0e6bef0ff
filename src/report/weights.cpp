#include "attnx/report/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "head_map.h"
#include "weights_parts.h"

namespace attnx::report {
namespace {

using analysis::HeadWeights;
using analysis::LayerWeightReport;
using analysis::WeightMetric;
using analysis::WeightReport;
using view::Align;
using view::Cell;
using view::Column;
using view::Show;
using view::Unit;

std::vector<const WeightMetric*> columns_of(const WeightsView& view) {
    if (!view.metrics.empty()) return view.metrics;
    std::vector<const WeightMetric*> metrics;
    for (const char* id :
         {"q_norm", "k_norm", "v_norm", "o_norm", "qk_norm", "qk_stable_rank", "ov_norm", "ov_stable_rank", "copying"})
        metrics.push_back(analysis::find_weight_metric(id));
    return metrics;
}

// "7 0.31", and whether the two share K and V.
Cell alike_cell(const std::optional<analysis::Likeness>& other) {
    if (!other) return {};
    return fmt::format("{} {:.2f}{}", other->head, other->cosine, other->mates ? " KV" : "");
}

std::vector<Column> people_columns(const std::vector<const WeightMetric*>& metrics, bool with_layer) {
    std::vector<Column> columns;
    columns.push_back({"layer", "layer", Unit::id, with_layer ? Show::all : Show::scripts});
    columns.push_back({"head", "head", Unit::id});
    columns.push_back({.id = "kv_head",
                       .label = "KV",
                       .unit = Unit::id,
                       .align = Align::right,
                       .look = with_layer ? view::Look::text : view::Look::bracket});
    for (const WeightMetric* metric : metrics)
        columns.push_back({std::string(metric->id), std::string(metric->label), Unit::real});
    columns.push_back({"", "QK alike", Unit::none, Show::all, Align::left});
    columns.push_back({"", "OV alike", Unit::none, Show::all, Align::left});
    return columns;
}

std::vector<Cell> people_row(const HeadWeights& head, const std::vector<const WeightMetric*>& metrics) {
    std::vector<Cell> row;
    row.emplace_back(head.layer);
    row.emplace_back(head.head);
    row.emplace_back(head.kv_head);
    for (const WeightMetric* metric : metrics) row.emplace_back(metric->of(head));
    row.push_back(alike_cell(head.nearest_qk));
    row.push_back(alike_cell(head.nearest_ov));
    return row;
}

std::string layer_title(const LayerWeightReport& layer) {
    return fmt::format("Layer {}: {} heads over {} KV heads of {}{}, {}", layer.layer, layer.head_count,
                       layer.head_count_kv, layer.head_dim_k,
                       layer.head_dim_v == layer.head_dim_k ? "" : fmt::format("/{}", layer.head_dim_v), layer.form);
}

void add_layer_tables(view::Document& document, const WeightReport& report, const WeightsView& view) {
    const auto metrics = columns_of(view);
    for (const LayerWeightReport& layer : report.layers) {
        view::Table table;
        table.title = layer_title(layer);
        table.show = Show::people;
        table.columns = people_columns(metrics, false);
        for (const HeadWeights& head : layer.heads)
            if (is_shown(view, head)) table.rows.push_back(people_row(head, metrics));
        if (!table.rows.empty()) document.blocks.emplace_back(std::move(table));
    }
}

void add_sorted_table(view::Document& document, const WeightReport& report, const WeightsView& view) {
    std::vector<const HeadWeights*> heads;
    for (const LayerWeightReport& layer : report.layers)
        for (const HeadWeights& head : layer.heads)
            if (is_shown(view, head)) heads.push_back(&head);
    const auto key = [&view](const HeadWeights& head) {
        return view.sort->of(head).value_or(-std::numeric_limits<double>::infinity());
    };
    std::stable_sort(heads.begin(), heads.end(), [&key](const auto& a, const auto& b) { return key(*a) > key(*b); });
    auto metrics = columns_of(view);
    if (std::find(metrics.begin(), metrics.end(), view.sort) == metrics.end())
        metrics.insert(metrics.begin(), view.sort);
    view::Table table;
    table.title = fmt::format("Heads by {}, largest first", view.sort->label);
    table.show = Show::people;
    table.columns = people_columns(metrics, true);
    for (const HeadWeights* head : heads) table.rows.push_back(people_row(*head, metrics));
    document.blocks.emplace_back(std::move(table));
}

// Heads that share K and V, where it is the same in all layers.
void bracket_columns(view::Axis& heads, const WeightReport& report) {
    std::vector<std::uint64_t> groups;
    for (const LayerWeightReport& layer : report.layers) {
        std::vector<std::uint64_t> own;
        for (const HeadWeights& head : layer.heads) own.push_back(head.kv_head);
        if (layer.head_count == layer.head_count_kv || (!groups.empty() && own != groups)) return;
        groups = std::move(own);
    }
    heads.groups = std::move(groups);
    heads.group_name = "KV";
}

void add_map(view::Document& document, const WeightReport& report, const WeightsView& view) {
    std::vector<HeadNumber> numbers;
    for (const LayerWeightReport& layer : report.layers)
        for (const HeadWeights& head : layer.heads)
            numbers.push_back({layer.layer, head.head, is_shown(view, head) ? view.map->of(head) : std::nullopt});
    view::Matrix map = head_map(numbers);
    map.shading.tint = view.map->is_signed ? view::Tint::diverging : view::Tint::sequential;
    bracket_columns(map.columns, report);
    document.blocks.emplace_back(view::Note{fmt::format("{}: {}", view.map->label, view.map->meaning)});
    document.blocks.emplace_back(std::move(map));
}

// Equal notes of many layers are said once.
void add_notes(view::Document& document, const WeightReport& report) {
    std::vector<std::string> said;
    for (const LayerWeightReport& layer : report.layers) {
        for (const std::string& note : layer.notes) {
            if (std::find(said.begin(), said.end(), note) != said.end()) continue;
            said.push_back(note);
            const auto has = [&note](const LayerWeightReport& l) {
                return std::find(l.notes.begin(), l.notes.end(), note) != l.notes.end();
            };
            const auto count = std::count_if(report.layers.begin(), report.layers.end(), has);
            const bool all = count == static_cast<std::ptrdiff_t>(report.layers.size());
            document.blocks.emplace_back(
                view::Note{all ? note : fmt::format("{} of {} layers: {}", count, report.layers.size(), note)});
        }
    }
    const bool grouped = std::any_of(report.layers.begin(), report.layers.end(),
                                     [](const LayerWeightReport& l) { return l.head_count_kv < l.head_count; });
    if (grouped)
        document.blocks.emplace_back(
            view::Note{"Heads in one bracket share K and V; so do a head and the most alike one where the cosine is "
                       "followed by KV."});
    document.blocks.emplace_back(
        view::Note{report.raw ? "Matrices as stored: no gain of a norm is folded in."
                              : "The gain of the norm before attention is folded into Q, K and V (--raw: as "
                                "stored). QK is without rotation and without 1/sqrt(k)."});
}

void add_skipped(view::Document& document, const WeightReport& report) {
    if (report.skipped.empty()) return;
    view::Table table{.id = "skipped", .title = "Layers not measured"};
    table.columns = {{"layer", "layer", Unit::id}, {"reason", "reason"}};
    for (const auto& skipped : report.skipped) table.rows.push_back({skipped.layer, skipped.reason});
    document.blocks.emplace_back(std::move(table));
}

void add_outliers(view::Document& document, const WeightReport& report, const WeightsView& view) {
    view::Table table{.id = "outliers", .title = "Heads that stand out"};
    table.columns = {{"layer", "layer", Unit::id},
                     {"head", "head", Unit::id},
                     {"kind", "kind"},
                     {"other", "", Unit::id, Show::scripts},
                     {"explanation", "why"}};
    for (const auto& outlier : analysis::outliers(report))
        if (!view.shown || view.shown(outlier.layer, outlier.head))
            table.rows.push_back(
                {outlier.layer, outlier.head, analysis::to_string(outlier.oddity), outlier.other, outlier.explanation});
    if (table.rows.empty()) table.show = Show::scripts;
    document.blocks.emplace_back(std::move(table));
}

}  // namespace

view::Document weights(const view::ModelRef& model, const WeightReport& report, const WeightsView& view) {
    view::Document document;
    document.command = "weights";
    document.model = model;
    document.findings = report.findings;
    view::Facts facts;
    facts.show = Show::scripts;
    facts.facts.push_back({"raw", "raw", report.raw});
    document.blocks.emplace_back(std::move(facts));
    if (view.map != nullptr) add_map(document, report, view);
    else if (view.sort != nullptr) add_sorted_table(document, report, view);
    else add_layer_tables(document, report, view);
    add_outliers(document, report, view);
    add_composition(document, report, view);
    add_skipped(document, report);
    add_notes(document, report);
    add_layers_for_scripts(document, report);
    add_heads_for_scripts(document, report, view);
    add_similarity_for_scripts(document, report);
    return document;
}

}  // namespace attnx::report
