#include "attnx/report/attend.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "attnx/base/text.h"
#include "attnx/model/visible.h"

namespace attnx::report {
namespace {

using analysis::AttentionMetric;
using analysis::HeadMetrics;
using study::Attended;
using view::Cell;
using view::Show;
using view::Unit;

std::string token_label(const Attended& attended, std::uint32_t index) {
    return fmt::format("{} {}", index, visible_piece(attended.tokens[index].piece));
}

std::string pair_text(const Attended& attended, const std::optional<analysis::Pair>& pair) {
    if (!pair) return "–";
    return fmt::format("{} → {} {:.3f}", token_label(attended, pair->query), token_label(attended, pair->key),
                       pair->weight);
}

// Of a long prompt the beginning and the end; scripts have it whole.
view::Note token_strip(const Attended& attended) {
    constexpr std::size_t kFirst = 48, kLast = 16;
    const std::size_t count = attended.tokens.size();
    std::string text = fmt::format("{} token{}:", count, count == 1 ? "" : "s");
    for (std::size_t i = 0; i < count; ++i) {
        if (count > kFirst + kLast && i == kFirst) {
            text += fmt::format(" … {} more …", count - kFirst - kLast);
            i = count - kLast;
        }
        text += (attended.tokens[i].generated ? " +" : " ") + visible_piece(attended.tokens[i].piece);
    }
    if (attended.prompt_tokens < attended.tokens.size())
        text += "   (+ generated; the first of them follows from the last row of the prompt)";
    return {text};
}

Unit unit_of(const AttentionMetric& metric) {
    return metric.unit == analysis::MetricUnit::percent ? Unit::percent : Unit::real;
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

HeadMetrics merged(const Attended& attended, std::uint32_t layer) {
    HeadMetrics all;
    const auto& heads = attended.metrics.at(layer);
    for (const std::uint32_t head : attended.heads.at(layer))
        if (head < heads.size()) all.merge(heads[head]);
    return all;
}

const model::LayerSpec* layer_of(const model::ModelSpec& spec, std::uint32_t index) {
    return index < spec.layers.size() ? &spec.layers[index] : nullptr;
}

view::Table layer_table(const model::ModelSpec& spec, const Attended& attended) {
    view::Table table;
    table.title = "Attention by layer, heads averaged";
    table.show = Show::people;
    table.columns = {{"layer", "layer", Unit::id}, {"window", "window"}};
    append_columns(table.columns);
    table.columns.push_back(
        {"strongest", "strongest pair (query → key)", Unit::none, Show::all, view::Align::left, true});
    for (const auto& [layer, heads] : attended.metrics) {
        const HeadMetrics all = merged(attended, layer);
        const model::LayerSpec* shape = layer_of(spec, layer);
        std::vector<Cell> row = {layer,
                                 shape && shape->sliding ? Cell(fmt::format("{}", spec.window.size)) : Cell("full")};
        append_values(row, all);
        row.emplace_back(pair_text(attended, all.strongest()));
        table.rows.push_back(std::move(row));
    }
    return table;
}

view::Table head_table(const Attended& attended, bool people) {
    view::Table table;
    table.id = "heads";
    table.title = "Attention by head";
    table.show = people ? Show::all : Show::scripts;
    table.columns = {{"layer", "layer", Unit::id}, {"head", "head", Unit::id}};
    append_columns(table.columns);
    for (const char* id : {"strongest_query", "strongest_key", "strongest_weight"})
        table.columns.push_back({id, id, Unit::id, Show::scripts});
    table.columns.push_back(
        {"strongest", "strongest pair (query → key)", Unit::none, Show::people, view::Align::left, true});
    for (const auto& [layer, heads] : attended.metrics)
        for (const std::uint32_t h : attended.heads.at(layer)) {
            if (h >= heads.size() || heads[h].rows() == 0) continue;
            std::vector<Cell> row = {layer, h};
            append_values(row, heads[h]);
            const auto strongest = heads[h].strongest();
            row.push_back(strongest ? Cell(strongest->query) : Cell());
            row.push_back(strongest ? Cell(strongest->key) : Cell());
            row.push_back(strongest ? Cell(static_cast<double>(strongest->weight)) : Cell());
            row.emplace_back(pair_text(attended, strongest));
            table.rows.push_back(std::move(row));
        }
    return table;
}

// Masked cells are blank in the drawing, so that "may not look" and "does not look" differ.
view::Heatmap heatmap(const model::ModelSpec& spec, const Attended& attended, const DrawnMap& drawn) {
    const trace::AttentionMap& map = attended.maps.at(drawn.layer);
    view::Heatmap result;
    result.scale = drawn.scale;
    result.rows = map.tokens();
    const std::vector<std::uint32_t>& heads = attended.heads.at(drawn.layer);
    const std::optional<std::uint32_t> head = !drawn.head && heads.size() == 1 ? heads.front() : drawn.head;
    result.title = head ? fmt::format("Layer {}, head {}", drawn.layer, *head)
                        : fmt::format("Layer {}, mean of {} heads", drawn.layer, heads.size());
    if (!head && heads.size() < map.heads()) result.title += fmt::format(" of {}", map.heads());
    const model::LayerSpec* shape = layer_of(spec, drawn.layer);
    if (shape && shape->sliding) result.title += fmt::format(" (window {})", spec.window.size);
    for (const study::Token& token : attended.tokens) result.labels.push_back(visible_piece(token.piece));
    if (head) {
        const auto values = map.head(*head);
        result.values.assign(values.begin(), values.end());
    } else {
        result.values = map.mean(heads);
    }
    if (shape == nullptr) return result;
    const std::size_t n = map.tokens();
    const model::Mask mask = mask_of(spec, *shape);
    for (std::size_t i = 0; i < n; ++i) {
        const model::KeyRange seen = visible_keys(mask, i, n);
        for (std::size_t j = 0; j < n; ++j)
            if (!seen.contains(j)) result.values[i * n + j] = std::numeric_limits<float>::quiet_NaN();
    }
    return result;
}

// The maps stay where they are: the numbers refer to them, and keep them.
void add_weights(std::vector<view::Block>& blocks, const model::ModelSpec& spec,
                 const std::shared_ptr<const Attended>& attended) {
    std::size_t index = 0;
    for (const auto& layer_and_map : attended->maps) {
        const std::uint32_t layer = layer_and_map.first;
        const trace::AttentionMap& map = layer_and_map.second;
        const std::string at = fmt::format("layers/{}", index++);
        const model::LayerSpec* shape = layer_of(spec, layer);
        const std::vector<std::uint32_t>& heads = attended->heads.at(layer);
        view::List head_list;
        for (const std::uint32_t head : heads) head_list.emplace_back(head);
        const auto fact = [&](const char* key, Cell value) {
            return view::Fact{at + "/" + key, "", std::move(value), Unit::none, Show::scripts, ""};
        };
        blocks.emplace_back(
            view::Facts{"",
                        {fact("layer", layer), fact("head_count", map.heads()), fact("heads", std::move(head_list)),
                         fact("window", shape && shape->sliding ? Cell(spec.window.size) : Cell())},
                        Show::scripts});
        const std::uint64_t n = map.tokens();
        blocks.emplace_back(view::Numbers{
            at + "/weights", {heads.size(), n, n}, [attended, map = &map, heads = &heads, n](std::uint64_t row) {
                return map->row((*heads)[row / n], static_cast<std::uint32_t>(row % n));
            }});
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

view::Table token_table(std::span<const study::Token> tokens) {
    view::Table table;
    table.id = "tokens";
    table.show = Show::scripts;
    table.columns = {{"id", "id", Unit::id}, {"piece", "piece"}, {"generated", "generated"}};
    for (const study::Token& token : tokens) table.rows.push_back({token.id, token.piece, token.generated});
    return table;
}

std::string visible_piece(std::string_view piece) {
    std::string text;
    while (!piece.empty()) {
        std::size_t length = 1;
        while (length < 4 && length <= piece.size() && !is_valid_utf8(piece.substr(0, length))) ++length;
        if (length > piece.size() || !is_valid_utf8(piece.substr(0, length))) {  // part of a character
            text += fmt::format("<0x{:02X}>", static_cast<unsigned char>(piece.front()));
            length = 1;
        } else if (piece.front() == ' ') {
            text += "·";
        } else if (piece.front() == '\n') {
            text += "⏎";
        } else {
            text += printable(piece.substr(0, length));
        }
        piece.remove_prefix(length);
    }
    return text;
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

view::Document attend(const view::ModelRef& model, const model::ModelSpec& spec, std::shared_ptr<const Attended> looked,
                      const AttendOptions& options) {
    const Attended& attended = *looked;
    view::Document document;
    document.command = "attend";
    document.model = model;
    document.csv_table = "heads";
    document.findings = findings_of(attended);
    document.blocks.emplace_back(token_strip(attended));
    document.blocks.emplace_back(token_table(attended.tokens));
    document.blocks.emplace_back(layer_table(spec, attended));
    document.blocks.emplace_back(head_table(attended, options.per_head));
    if (options.drawn) document.blocks.emplace_back(heatmap(spec, attended, *options.drawn));
    if (options.weights) add_weights(document.blocks, spec, looked);
    add_norms(document.blocks, attended);
    if (options.logits > 0) {
        const auto count = std::min<std::size_t>(options.logits, attended.logits.size());
        document.blocks.emplace_back(view::Numbers{"last_logits", {count}, [looked, count](std::uint64_t) {
                                                       return view::RowValues(looked->logits).first(count);
                                                   }});
    }
    document.blocks.emplace_back(view::Note{legend()});
    return document;
}

}  // namespace attnx::report
