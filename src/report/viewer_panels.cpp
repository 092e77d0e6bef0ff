#include "viewer_panels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <span>

#include "attnx/analysis/attention_metrics.h"
#include "attnx/report/roles.h"
#include "attnx/report/states.h"

namespace attnx::report {
namespace {

using analysis::HeadClass;
using study::Roles;
using view::Cell;

double four_digits(double value) {
    return std::isfinite(value) ? std::strtod(fmt::format("{:.4g}", value).c_str(), nullptr) : value;
}

void shorten(Cell& cell) {
    if (auto* number = std::get_if<double>(&cell.value); number != nullptr) *number = four_digits(*number);
    if (auto* list = std::get_if<view::List>(&cell.value); list != nullptr)
        for (Cell& each : *list) shorten(each);
}

void shorten(view::Table& table) {
    for (auto& row : table.rows)
        for (Cell& cell : row) shorten(cell);
}

void shorten(view::Numbers& numbers) {
    numbers.rows = [rows = std::move(numbers.rows), kept = std::vector<float>()](std::uint64_t row) mutable {
        const view::RowValues values = rows(row);
        kept.resize(values.size());
        std::ranges::transform(values, kept.begin(),
                               [](float value) { return static_cast<float>(four_digits(double{value})); });
        return view::RowValues(kept);
    };
}

// Names of metrics would take more room than their values.
view::Table with_listed_metrics(const view::Table& table) {
    const std::span<const analysis::AttentionMetric> metrics = analysis::attention_metrics();
    const auto is_id = [](const view::Column& column) { return column.id == "layer" || column.id == "head"; };
    view::Table listed{.id = table.id, .show = view::Show::scripts};
    std::ranges::copy_if(table.columns, std::back_inserter(listed.columns), is_id);
    listed.columns.push_back({"metrics"});
    for (const auto& row : table.rows) {
        std::vector<Cell>& cells = listed.rows.emplace_back();
        view::List values(metrics.size());
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (is_id(table.columns[i])) cells.push_back(row[i]);
            const auto metric = std::ranges::find(metrics, table.columns[i].id, &analysis::AttentionMetric::id);
            if (metric != metrics.end()) values[static_cast<std::size_t>(metric - metrics.begin())] = row[i];
        }
        cells.emplace_back(std::move(values));
    }
    return listed;
}

// Tokens are elsewhere in the page; figures of single heads and of the middle are drawn nowhere.
bool is_drawn(const view::Block& block) {
    if (const auto* table = std::get_if<view::Table>(&block)) return table->id == "massive";
    if (std::holds_alternative<view::Facts>(block)) return true;
    const auto* numbers = std::get_if<view::Numbers>(&block);
    if (numbers == nullptr) return false;
    const std::string_view name = std::string_view(numbers->id).substr(numbers->id.rfind('/') + 1);
    constexpr std::string_view kOfPage[] = {"norm", "max", "q_norm", "k_norm", "v_norm"};
    return std::ranges::count(kOfPage, name) > 0;
}

Cell name_of(std::optional<Roles::Of> of) {
    if (!of) return {};
    return *of == Roles::Of::text ? "text" : "probes";
}

view::Table class_rows(const Roles& roles) {
    view::Table table{.id = "classes", .show = view::Show::scripts};
    for (const char* id : {"id", "meaning", "metric", "told_by", "threshold"}) table.columns.push_back({id, id});
    std::size_t i = 0;
    for (const HeadClass& row : analysis::head_classes())
        table.rows.push_back({row.id, row.meaning, row.metric, name_of(roles.evidence(row)), roles.thresholds[i++]});
    return table;
}

view::Table head_rows(const Roles& roles) {
    view::Table table{
        .id = "heads", .columns = {{"layer"}, {"head"}, {"classes"}, {"probes"}}, .show = view::Show::scripts};
    for (const study::HeadRole& head : roles.heads) {
        view::List classes, scores;
        if (head.classes)
            for (const HeadClass* row : *head.classes) classes.emplace_back(row->id);
        for (const HeadClass& row : analysis::head_classes())
            if (roles.evidence(row) == Roles::Of::probe) scores.emplace_back(roles.score(row, head));
        table.rows.push_back({head.layer, head.head, std::move(classes), std::move(scores)});
    }
    return table;
}

}  // namespace

void shorten(view::Document& document) {
    for (view::Block& block : document.blocks) {
        if (auto* table = std::get_if<view::Table>(&block)) shorten(*table);
        if (auto* numbers = std::get_if<view::Numbers>(&block)) shorten(*numbers);
    }
}

void leave_out_pairs(view::Document& answer) {
    for (view::Block& block : answer.blocks) {
        auto* table = std::get_if<view::Table>(&block);
        if (table == nullptr || table->id != "heads") continue;
        for (view::Column& column : table->columns)
            if (column.id == "strongest") column.show = view::Show::scripts;
    }
}

view::Document attend_of_page(const view::Document& answer) {
    view::Document document = answer;
    for (view::Block& block : document.blocks)
        if (auto* table = std::get_if<view::Table>(&block);
            table && (table->id == "heads" || table->id == "layer_metrics"))
            *table = with_listed_metrics(*table);
    return document;
}

view::Document states_of_page(const view::ModelRef& model, const std::shared_ptr<const study::MeasuredStates>& states) {
    view::Document document = report::states(model, states, {});
    std::erase_if(document.blocks, [](const view::Block& block) { return !is_drawn(block); });
    document.findings.clear();
    shorten(document);
    return document;
}

view::Document heads_of_page(const view::ModelRef& model, const Roles& roles) {
    view::Document document{.command = "heads", .model = model};
    document.blocks.emplace_back(
        view::Facts{.facts = {{"probes", "", roles.probes.size()}, {"probe_length", "", roles.length}},
                    .show = view::Show::scripts});
    document.blocks.emplace_back(class_rows(roles));
    document.blocks.emplace_back(head_rows(roles));
    shorten(document);
    return document;
}

void add_tables(view::Document& to, const view::Document& from, std::initializer_list<std::string_view> ids) {
    for (const view::Block& block : from.blocks)
        if (const auto* table = std::get_if<view::Table>(&block); table && std::ranges::count(ids, table->id) > 0)
            to.blocks.emplace_back(*table);
}

}  // namespace attnx::report
