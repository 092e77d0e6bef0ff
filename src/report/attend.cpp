#include "attnx/report/attend.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "attend_drawing.h"
#include "attend_rows.h"
#include "attend_top.h"
#include "attnx/view/token.h"
#include "cells.h"
#include "layers.h"
#include "metric_cells.h"

namespace attnx::report {
namespace {

using analysis::AttentionMetric;
using analysis::HeadMetrics;
using study::Attended;
using view::Cell;
using view::Show;
using view::Unit;

std::string token_label(const Attended& attended, std::uint32_t index) {
    return fmt::format("{} {}", index, view::visible_token(attended.tokens[index].piece));
}

Cell pair_cell(const Attended& attended, const std::optional<analysis::Pair>& pair) {
    if (!pair) return {};
    return fmt::format("{} → {} {:.3f}", token_label(attended, pair->query), token_label(attended, pair->key),
                       pair->weight);
}

// Of a long prompt the beginning and the end; scripts have it whole.
view::Note token_strip(const Attended& attended) {
    constexpr std::size_t kFirst = 48, kLast = 16;
    const std::size_t count = attended.tokens.size();
    std::string text = count_of(count, "token") + ":";
    for (std::size_t i = 0; i < count; ++i) {
        if (count > kFirst + kLast && i == kFirst) {
            text += fmt::format(" … {} more …", count - kFirst - kLast);
            i = count - kLast;
        }
        text += (attended.tokens[i].generated ? " +" : " ") + view::visible_token(attended.tokens[i].piece);
    }
    if (attended.prompt_tokens < attended.tokens.size())
        text += "   (+ generated; the first of them follows from the last row of the prompt)";
    return {text};
}

void append_columns(std::vector<view::Column>& columns) {
    for (const AttentionMetric& metric : analysis::attention_metrics())
        columns.push_back({std::string(metric.id), std::string(metric.label), unit_of(metric),
                           metric.for_people ? Show::all : Show::scripts});
}

void append_values(std::vector<Cell>& row, const HeadMetrics& head) {
    for (const AttentionMetric& metric : analysis::attention_metrics()) row.emplace_back(head.value(metric));
}

// What the columns of people mean.
std::string legend() {
    std::string text = "Means over queries. ";
    for (const AttentionMetric& metric : analysis::attention_metrics()) {
        if (!metric.for_people) continue;
        text += metric.label == metric.meaning ? std::string(metric.label)
                                               : fmt::format("{}: {}", metric.label, metric.meaning);
        const bool said = metric.unit == analysis::MetricUnit::weight || metric.unit == analysis::MetricUnit::percent;
        text += said ? "; " : fmt::format(", in {}; ", to_string(metric.unit));
    }
    return text + "strongest pair: without the first token and the token itself.";
}

// The metrics and the strongest pair, which scripts get in parts.
void append_metric_columns(std::vector<view::Column>& columns) {
    append_columns(columns);
    for (const char* id : {"strongest_query", "strongest_key", "strongest_weight"})
        columns.push_back({id, id, Unit::id, Show::scripts});
    columns.push_back({"strongest", "strongest pair (query → key)", Unit::none, Show::people, view::Align::left, true});
}

void append_metric_cells(std::vector<Cell>& row, const Attended& attended, const HeadMetrics& metrics) {
    append_values(row, metrics);
    const auto strongest = metrics.strongest();
    row.push_back(strongest ? Cell(strongest->query) : Cell());
    row.push_back(strongest ? Cell(strongest->key) : Cell());
    row.push_back(strongest ? Cell(static_cast<double>(strongest->weight)) : Cell());
    row.push_back(pair_cell(attended, strongest));
}

view::Table layer_table(const model::ModelSpec& spec, const Attended& attended) {
    view::Table table{.id = "layer_metrics", .title = "Attention by layer, heads averaged"};
    table.columns = {{"layer", "layer", Unit::id}, {.label = "window", .show = Show::people}};
    append_metric_columns(table.columns);
    for (const auto& [layer, heads] : attended.metrics) {
        const model::LayerSpec* shape = layer_of(spec, layer);
        std::vector<Cell> row = {layer,
                                 shape && shape->sliding ? Cell(fmt::format("{}", spec.window.size)) : Cell("full")};
        append_metric_cells(row, attended, merged(attended, layer));
        table.rows.push_back(std::move(row));
    }
    return table;
}

view::Table head_table(const Attended& attended, bool people) {
    view::Table table{.id = "heads", .title = "Attention by head", .show = people ? Show::all : Show::scripts};
    table.columns = {{"layer", "layer", Unit::id}, {"head", "head", Unit::id}};
    append_metric_columns(table.columns);
    for (const auto& [layer, heads] : attended.metrics)
        for (const std::uint32_t h : attended.heads.at(layer)) {
            if (h >= heads.size() || heads[h].rows() == 0) continue;
            std::vector<Cell> row = {layer, h};
            append_metric_cells(row, attended, heads[h]);
            table.rows.push_back(std::move(row));
        }
    return table;
}

view::RowSource value_weighted(const std::shared_ptr<const Attended>& attended, const trace::AttentionMap& map,
                               const analysis::MovedNorms& lengths, const std::vector<std::uint32_t>& heads) {
    return [attended, map = &map, lengths = &lengths, heads = &heads,
            weighted = std::vector<float>()](std::uint64_t row) mutable {
        const std::uint64_t n = map->tokens();
        const std::uint32_t head = (*heads)[row / n];
        const auto weights = map->row(head, static_cast<std::uint32_t>(row % n)), of = lengths->head(head);
        weighted.assign(weights.begin(), weights.end());
        for (std::size_t key = 0; key < n; ++key) weighted[key] *= of[key];
        return view::RowValues(weighted);
    };
}

// What rows that each stand for several tokens get.
view::RowSource compressed_rows(const std::shared_ptr<const Attended>& attended, const trace::AttentionMap& map,
                                const std::vector<std::uint32_t>& heads) {
    return [attended, map = &map, heads = &heads, row = std::vector<float>()](std::uint64_t index) mutable {
        row = map->compressed_row((*heads)[index / map->tokens()], static_cast<std::uint32_t>(index % map->tokens()));
        return view::RowValues(row);
    };
}

// Where the weights of a layer's keys are not all that there is to say.
void add_choice_notes(std::vector<view::Block>& blocks, const model::ModelSpec& spec, const Attended& attended) {
    const auto any = [&](auto&& is) {
        return std::ranges::any_of(attended.metrics, [&](const auto& layer_and_heads) {
            const model::LayerSpec* layer = layer_of(spec, layer_and_heads.first);
            return layer != nullptr && is(*layer);
        });
    };
    if (any([](const model::LayerSpec& layer) { return layer.indexer && !layer.compress_ratio; }))
        blocks.emplace_back(view::Note{"Keys that an indexer did not choose have weight 0, as if they were masked."});
    if (any([](const model::LayerSpec& layer) { return layer.compress_ratio.has_value(); }))
        blocks.emplace_back(view::Note{
            "In layers with compressed keys the weights are those of the keys within the window; what goes to rows "
            "that each stand for several tokens is missing from their sums."});
}

void add_rollout(std::vector<view::Block>& blocks, const std::shared_ptr<const Attended>& attended) {
    std::size_t index = 0;
    for (const auto& layer_and_matrix : attended->rollout) {
        const std::uint32_t layer = layer_and_matrix.first;
        const std::uint64_t n = attended->tokens.size();
        const std::string at = fmt::format("rollout/{}", index++);
        blocks.emplace_back(view::Facts{.facts = {{.id = at + "/layer", .value = layer, .show = Show::scripts}}});
        blocks.emplace_back(view::Numbers{at + "/matrix", {n, n}, rollout_rows(attended, layer)});
    }
}

bool chooses_keys(const model::ModelSpec& spec, std::uint32_t layer) {
    const model::LayerSpec* shape = layer_of(spec, layer);
    return shape != nullptr && shape->indexer;
}

// The maps stay where they are: the numbers refer to them, and keep them.
void add_maps(std::vector<view::Block>& blocks, const std::string& at, const trace::AttentionMap& map,
              const std::vector<std::uint32_t>& heads, const std::shared_ptr<const Attended>& attended,
              std::uint32_t layer) {
    const std::uint64_t n = map.tokens();
    blocks.emplace_back(view::Numbers{
        at + "/weights", {heads.size(), n, n}, [attended, map = &map, heads = &heads, n](std::uint64_t row) {
            return map->row((*heads)[row / n], static_cast<std::uint32_t>(row % n));
        }});
    if (const std::uint64_t rows = map.compressed_count(); rows != 0)
        blocks.emplace_back(
            view::Numbers{at + "/compressed", {heads.size(), n, rows}, compressed_rows(attended, map, heads)});
    if (const auto moved = attended->moved_norms.find(layer); moved != attended->moved_norms.end())
        blocks.emplace_back(view::Numbers{
            at + "/value_weighted", {heads.size(), n, n}, value_weighted(attended, map, moved->second, heads)});
}

void add_layers(std::vector<view::Block>& blocks, const model::ModelSpec& spec,
                const std::shared_ptr<const Attended>& attended, bool maps) {
    std::size_t index = 0;
    for (const auto& layer_and_heads : attended->heads) {
        const std::uint32_t layer = layer_and_heads.first;
        const std::vector<std::uint32_t>& heads = layer_and_heads.second;
        const std::string at = fmt::format("layers/{}", index++);
        view::List head_list;
        for (const std::uint32_t head : heads) head_list.emplace_back(head);
        const auto fact = [&](const char* key, Cell value) {
            return view::Fact{at + "/" + key, "", std::move(value), Unit::none, Show::scripts, ""};
        };
        blocks.emplace_back(view::Facts{"",
                                        {fact("layer", layer), fact("head_count", spec.layers[layer].head_count),
                                         fact("heads", std::move(head_list)), fact("window", window_cell(spec, layer)),
                                         fact("indexer", chooses_keys(spec, layer))},
                                        Show::scripts});
        if (maps) add_maps(blocks, at, attended->maps.at(layer), heads, attended, layer);
    }
}

void add_norms(std::vector<view::Block>& blocks, const Attended& attended) {
    if (attended.block_output_norm.empty()) return;
    std::vector<float> values;
    for (const auto& [layer, norms] : attended.block_output_norm)
        for (const double norm : norms) values.push_back(static_cast<float>(norm));
    const std::uint64_t tokens = attended.tokens.size();
    blocks.emplace_back(view::Numbers{
        "block_output_norm", {attended.block_output_norm.size(), tokens}, view::rows_of(std::move(values), tokens)});
}

}  // namespace

view::Facts numerics_fact(std::string_view numerics) {
    return {.facts = {{.id = "numerics", .value = numerics, .show = Show::scripts}}};
}

view::Table token_table(std::span<const study::Token> tokens) {
    view::Table table;
    table.id = "tokens";
    table.show = Show::scripts;
    table.columns = {{"id", "id", Unit::id}, {"piece", "piece"}, {"generated", "generated"}};
    for (const study::Token& token : tokens)
        table.rows.push_back({token.id, view::Token{token.piece}, token.generated});
    return table;
}

namespace {

Findings findings_of(const Attended& attended) {
    Findings findings = attended.findings;
    for (const auto& [layer, heads] : attended.metrics) {
        const HeadMetrics all = merged(attended, layer);
        if (all.not_finite() > 0)
            findings.push_back(
                {FindingId::not_finite,
                 fmt::format("layer {}: {} attention weights are not finite numbers", layer, all.not_finite())});
    }
    return findings;
}

}  // namespace

view::Document attend(const view::ModelRef& model, const model::ModelSpec& spec,
                      const std::shared_ptr<const Attended>& looked, const AttendOptions& options) {
    const Attended& attended = *looked;
    view::Document document;
    document.command = "attend";
    document.model = model;
    document.csv_table = "heads";
    document.findings = findings_of(attended);
    document.blocks.emplace_back(token_strip(attended));
    document.blocks.emplace_back(numerics_fact(attended.numerics));
    document.blocks.emplace_back(token_table(attended.tokens));
    document.blocks.emplace_back(layer_table(spec, attended));
    document.blocks.emplace_back(head_table(attended, options.per_head));
    if (options.curves) document.blocks.emplace_back(flow_curves(attended));
    if (options.drawn && options.top > 0) add_top(document.blocks, spec, looked, *options.drawn, options.top);
    if (options.drawn && options.drawn->grid)
        document.blocks.emplace_back(attention_grid(spec, looked, *options.drawn));
    else if (options.drawn) document.blocks.emplace_back(attention_matrix(spec, looked, *options.drawn));
    if (options.layers) add_layers(document.blocks, spec, looked, options.maps);
    add_rollout(document.blocks, looked);
    add_norms(document.blocks, attended);
    if (std::ranges::any_of(attended.moved_norms, [](const auto& layer) { return layer.second.gated; }))
        document.blocks.emplace_back(
            view::Note{"What heads move is gated by the text before W_O; lengths are those without the gate."});
    if (options.logits > 0) {
        const auto count = std::min<std::size_t>(options.logits, attended.logits.size());
        document.blocks.emplace_back(view::Numbers{"last_logits", {count}, [looked, count](std::uint64_t) {
                                                       return view::RowValues(looked->logits).first(count);
                                                   }});
    }
    add_choice_notes(document.blocks, spec, attended);
    document.blocks.emplace_back(view::Note{legend()});
    return document;
}

}  // namespace attnx::report
