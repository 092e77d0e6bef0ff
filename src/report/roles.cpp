#include "attnx/report/roles.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "attend_drawing.h"
#include "attnx/model/visible.h"
#include "attnx/report/attend.h"
#include "head_map.h"
#include "layers.h"
#include "metric_cells.h"
#include "roles_beside.h"

namespace attnx::report {
namespace {

using analysis::AttentionMetric;
using analysis::HeadClass;
using analysis::ToldBy;
using study::HeadRole;
using study::Roles;
using view::Cell;
using view::Show;
using view::Unit;

constexpr std::size_t kHeadsInFull = 64, kStrongestShown = 5;

// What people are shown a metric of: what its class is told by; without a class the text, if there is one.
Roles::Of shown_of(const Roles& roles, const AttentionMetric& metric) {
    for (const HeadClass& row : analysis::head_classes())
        if (row.metric == metric.id) {
            if (const auto of = roles.evidence(row)) return *of;
            return row.told_by == ToldBy::text && roles.text ? Roles::Of::text : Roles::Of::probe;
        }
    return roles.text && metric.id != "induction_loose" ? Roles::Of::text : Roles::Of::probe;
}

std::optional<double> shown_value(const Roles& roles, const AttentionMetric& metric, const HeadRole& head) {
    if (shown_of(roles, metric) == Roles::Of::probe) return head.probe[place_of(metric)];
    return (*head.text)[place_of(metric)];
}

bool has_class(const AttentionMetric& metric) {
    return std::ranges::any_of(analysis::head_classes(), [&](const HeadClass& row) { return row.metric == metric.id; });
}

// ---- What was looked at ----

view::Facts facts(const Roles& roles) {
    view::List seeds;
    std::string seeds_text;
    for (const study::Probe& probe : roles.probes) {
        seeds.emplace_back(probe.seed);
        seeds_text += fmt::format("{}{}", seeds_text.empty() ? "" : ", ", probe.seed);
    }
    view::Facts facts;
    facts.facts.push_back({.label = "probes",
                           .value = fmt::format("{} of {} random tokens, twice", roles.probes.size(), roles.length),
                           .show = Show::people,
                           .remark = fmt::format("seed{} {}", roles.probes.size() == 1 ? "" : "s", seeds_text)});
    if (roles.text)
        facts.facts.push_back(
            {.label = "text", .value = fmt::format("{} tokens", roles.text->size()), .show = Show::people});
    facts.facts.push_back({.id = "sink_rate",
                           .label = "sink rate",
                           .value = roles.sink_rate,
                           .unit = Unit::percent,
                           .remark = !roles.sink_rate
                                         ? "too few tokens"
                                         : fmt::format("heads that pay the first token more than {}, on the {}",
                                                       roles.sink_above, roles.sink_rate_of_text ? "text" : "probes")});
    facts.facts.push_back({.id = "sink_above", .value = roles.sink_above, .show = Show::scripts});
    return facts;
}

// "1.0 0.99, 3.2 0.71": of a class, the heads with the highest scores.
std::string strongest(const Roles& roles, const HeadClass& row, const std::vector<const HeadRole*>& heads) {
    std::vector<const HeadRole*> sorted = heads;
    std::ranges::stable_sort(sorted, [&](const HeadRole* a, const HeadRole* b) {
        return roles.score(row, *a).value_or(0) > roles.score(row, *b).value_or(0);
    });
    std::string text;
    for (std::size_t i = 0; i < std::min(kStrongestShown, sorted.size()); ++i)
        text += fmt::format("{}{}.{} {:.2f}", i == 0 ? "" : ", ", sorted[i]->layer, sorted[i]->head,
                            roles.score(row, *sorted[i]).value_or(0));
    return sorted.size() > kStrongestShown ? text + " …" : text;
}

std::string told_by(const Roles& roles, const HeadClass& row) {
    const auto of = roles.evidence(row);
    if (of) return *of == Roles::Of::text ? "text" : "probes";
    return row.told_by == ToldBy::text && !roles.text ? "no text" : "too few";
}

view::Table class_table(const Roles& roles) {
    view::Table table{.id = "classes", .title = "What heads do", .show = Show::people};
    table.columns = {{.label = "class"},
                     {.label = "attends to"},
                     {.label = "told by"},
                     {.label = "from", .unit = Unit::real},
                     {.label = "uniform", .unit = Unit::real},
                     {.label = "heads", .unit = Unit::id},
                     {.label = "strongest", .align = view::Align::left, .shrink = true}};
    std::size_t i = 0;
    for (const HeadClass& row : analysis::head_classes()) {
        std::vector<const HeadRole*> members;
        for (const HeadRole& head : roles.heads)
            if (head.classes && std::ranges::count(*head.classes, &row) > 0) members.push_back(&head);
        const double threshold = roles.thresholds[i++];
        table.rows.push_back({row.id, row.meaning, told_by(roles, row), threshold,
                              roles.uniform_score(row, roles.uniform.begin()->first),
                              roles.evidence(row) ? Cell(std::uint64_t{members.size()}) : Cell(),
                              strongest(roles, row, members)});
    }
    return table;
}

// ---- Heads ----

void append_score_columns(std::vector<view::Column>& columns, const Roles& roles, Roles::Of of) {
    const std::string path = of == Roles::Of::text ? "text/" : "probe/";
    for (const AttentionMetric& metric : analysis::attention_metrics()) {
        const bool shown = has_class(metric) && shown_of(roles, metric) == of;
        columns.push_back({path + std::string(metric.id), std::string(metric.label), unit_of(metric),
                           shown ? Show::all : Show::scripts});
    }
}

void append_scores(std::vector<Cell>& row, const study::Scores& scores) {
    for (const std::optional<double>& score : scores) row.emplace_back(score);
}

void append_both(std::vector<Cell>& row, const study::Scores& probe, const std::optional<study::Scores>& text) {
    append_scores(row, probe);
    if (text) append_scores(row, *text);
    else row.emplace_back();  // "text": null
}

void append_both_columns(std::vector<view::Column>& columns, const Roles& roles) {
    append_score_columns(columns, roles, Roles::Of::probe);
    if (roles.text) append_score_columns(columns, roles, Roles::Of::text);
    else columns.push_back({.id = "text", .show = Show::scripts});
}

Cell classes_cell(const HeadRole& head) {
    if (!head.classes) return {};
    view::List list;
    for (const HeadClass* row : *head.classes) list.emplace_back(row->id);
    return list;
}

std::vector<const HeadRole*> in_order(const Roles& roles, const AttentionMetric* sort) {
    std::vector<const HeadRole*> heads;
    for (const HeadRole& head : roles.heads) heads.push_back(&head);
    if (sort == nullptr) return heads;
    const auto key = [&](const HeadRole* head) {
        return shown_value(roles, *sort, *head).value_or(-std::numeric_limits<double>::infinity());
    };
    std::ranges::stable_sort(heads, [&](const HeadRole* a, const HeadRole* b) { return key(a) > key(b); });
    return heads;
}

// A metric that people sort by is one of their columns.
void show_column(view::Table& table, const Roles& roles, const AttentionMetric& metric) {
    const std::string path = shown_of(roles, metric) == Roles::Of::text ? "text/" : "probe/";
    for (view::Column& column : table.columns)
        if (column.id == path + std::string(metric.id)) column.show = Show::all;
}

view::Table head_table(const model::ModelSpec& spec, const Roles& roles, const RolesView& view) {
    const bool people = view.map == nullptr && (view.sort != nullptr || roles.heads.size() <= kHeadsInFull);
    view::Table table{
        .id = "heads",
        .title = view.sort == nullptr ? "Heads" : fmt::format("Heads by {}, largest first", view.sort->label),
        .show = people ? Show::all : Show::scripts};
    table.columns = {{"layer", "layer", Unit::id},
                     {"head", "head", Unit::id},
                     {"kv_head", "KV", Unit::id, Show::scripts},
                     {"window", "window", Unit::id, Show::scripts},
                     {"classes", "classes"}};
    append_both_columns(table.columns, roles);
    for (const HeadRole* head : in_order(roles, view.sort)) {
        std::vector<Cell> row = {head->layer, head->head, head->kv_head, window_cell(spec, head->layer),
                                 classes_cell(*head)};
        append_both(row, head->probe, head->text);
        table.rows.push_back(std::move(row));
    }
    const study::UniformScores& uniform = roles.uniform.begin()->second;
    table.footer = {Cell(), Cell(), Cell(), Cell(), Cell("uniform attention")};
    append_both(table.footer, uniform.probe, uniform.text);
    if (view.sort != nullptr) show_column(table, roles, *view.sort);
    return table;
}

view::Matrix metric_map(const model::ModelSpec& spec, const Roles& roles, const AttentionMetric& metric) {
    std::vector<HeadNumber> numbers;
    for (const HeadRole& head : roles.heads)
        numbers.push_back({head.layer, head.head, shown_value(roles, metric, head)});
    view::Matrix map = head_map(numbers);
    map.title = fmt::format("{} on the {}: {}", metric.label,
                            shown_of(roles, metric) == Roles::Of::text ? "text" : "probes", metric.meaning);
    const bool share = metric.unit == analysis::MetricUnit::weight || metric.unit == analysis::MetricUnit::percent;
    if (share) map.shading.range = view::Range{0, 1};
    bracket_heads(map.columns, spec);
    return map;
}

// Thresholds, and what uniform attention has: on the probes and on the text, and by layer, since windows differ.
void add_baselines(view::Document& document, const model::ModelSpec& spec, const Roles& roles) {
    view::Facts facts{.show = Show::scripts};
    const study::UniformScores& first = roles.uniform.begin()->second;
    for (const AttentionMetric& metric : analysis::attention_metrics())
        facts.facts.push_back(
            {.id = "baselines/" + std::string(metric.id), .value = first.probe[place_of(metric)], .unit = Unit::real});
    std::size_t i = 0;
    for (const HeadClass& row : analysis::head_classes())
        facts.facts.push_back({.id = "thresholds/" + std::string(row.id), .value = roles.thresholds[i++]});
    document.blocks.emplace_back(std::move(facts));
    view::Table layers{.id = "layer_baselines", .show = Show::scripts};
    layers.columns = {{"layer", "layer", Unit::id}, {"window", "window", Unit::id}};
    append_both_columns(layers.columns, roles);
    for (const auto& [layer, scores] : roles.uniform) {
        std::vector<Cell> row = {layer, window_cell(spec, layer)};
        append_both(row, scores.probe, scores.text);
        layers.rows.push_back(std::move(row));
    }
    document.blocks.emplace_back(std::move(layers));
}

std::string legend(const Roles& roles, const RolesView& view) {
    std::string text =
        "Heads are layer.head, and their score: a mean over queries. A head is of a class from a score on, if that is "
        "three times what uniform attention has (uniform: whatever it has). A pattern is no proof of a function.";
    if (roles.heads.size() > kHeadsInFull && view.sort == nullptr)
        text += fmt::format(" --sort METRIC lists all {} heads, --map METRIC draws them.", roles.heads.size());
    return text;
}

}  // namespace

view::Document heads(const view::ModelRef& model, const model::ModelSpec& spec, const Roles& roles,
                     const RolesView& view) {
    view::Document document;
    document.command = "heads";
    document.model = model;
    document.csv_table = "heads";
    document.findings = roles.findings;
    document.blocks.emplace_back(facts(roles));
    document.blocks.emplace_back(numerics_fact(roles.numerics));
    if (view.map != nullptr) document.blocks.emplace_back(metric_map(spec, roles, *view.map));
    else document.blocks.emplace_back(class_table(roles));
    document.blocks.emplace_back(head_table(spec, roles, view));
    add_beside_heads(document, roles, view.map == nullptr);
    add_baselines(document, spec, roles);
    if (view.map == nullptr) document.blocks.emplace_back(view::Note{legend(roles, view)});
    return document;
}

}  // namespace attnx::report
