#include <algorithm>

#include "attnx/base/text.h"
#include "cells.h"
#include "diff_parts.h"
#include "fields.h"

namespace attnx::report {
namespace {

using view::Cell;
using view::Show;
using view::Unit;

bool same_cell(const Cell& a, const Cell& b);

bool same_content(const view::List& a, const view::List& b) { return std::ranges::equal(a, b, same_cell); }
bool same_content(const view::Token& a, const view::Token& b) { return a.bytes == b.bytes; }
template <class T>
bool same_content(const T& a, const T& b) {
    return a == b;
}

bool same_cell(const Cell& a, const Cell& b) {
    if (a.value.index() != b.value.index()) return false;
    return std::visit(
        [&](const auto& left) { return same_content(left, std::get<std::decay_t<decltype(left)>>(b.value)); }, a.value);
}

// Of a layer: what its fields are, and how it scores, rotates and feeds forward.
std::vector<view::Fact> layer_facts(const model::LayerSpec& layer) {
    std::vector<view::Fact> facts;
    const auto add = [&](std::string_view name, const auto& field) {
        if (name != "layer") facts.push_back({.id = std::string(name), .value = field_cell(field)});
    };
    visit_fields(layer, add);
    add("score_scale", shortest(layer.score_scale));
    add("rope_base", layer.rotation ? std::optional(shortest(layer.rotation->base)) : std::nullopt);
    add("rope_scale", layer.rotation ? std::optional(shortest(layer.rotation->scale)) : std::nullopt);
    add("feed_forward_length", layer.feed_forward_length);
    add("expert_count", layer.expert_count);
    add("expert_used_count", layer.expert_used_count);
    add("expert_feed_forward_length", layer.expert_feed_forward_length);
    return facts;
}

struct FieldDifference {
    std::string field;
    std::optional<std::uint32_t> layer;
    Cell a, b;
};

void compare_facts(const std::vector<view::Fact>& a, const std::vector<view::Fact>& b,
                   std::optional<std::uint32_t> layer, std::vector<FieldDifference>& differences) {
    const auto value_in = [](const std::vector<view::Fact>& facts, const std::string& id) {
        const auto found = std::ranges::find(facts, id, &view::Fact::id);
        return found == facts.end() ? Cell() : found->value;
    };
    for (const view::Fact& fact : a) {
        Cell other = value_in(b, fact.id);
        if (!same_cell(fact.value, other)) differences.push_back({fact.id, layer, fact.value, std::move(other)});
    }
    for (const view::Fact& fact : b)
        if (std::ranges::find(a, fact.id, &view::Fact::id) == a.end())
            differences.push_back({fact.id, layer, Cell(), fact.value});
}

std::vector<FieldDifference> compare_specs(const model::ModelSpec& a, const model::ModelSpec& b) {
    std::vector<FieldDifference> differences;
    if (a.architecture != b.architecture)
        differences.push_back({"architecture", std::nullopt, a.architecture, b.architecture});
    compare_facts(SpecFacts(a).rest().facts, SpecFacts(b).rest().facts, std::nullopt, differences);
    for (std::size_t i = 0; i < std::min(a.layers.size(), b.layers.size()); ++i)
        compare_facts(layer_facts(a.layers[i]), layer_facts(b.layers[i]), static_cast<std::uint32_t>(i), differences);
    return differences;
}

// Layers that differ alike share a row.
view::Table for_people(const std::vector<FieldDifference>& differences) {
    view::Table table;
    table.title = "Geometry";
    table.show = Show::people;
    table.columns = {{"", "fact"}, {"", "layers"}, {"", "A"}, {"", "B"}};
    for (view::Column& column : table.columns) column.align = view::Align::left;
    std::vector<std::pair<const FieldDifference*, std::vector<std::uint32_t>>> groups;
    for (const FieldDifference& difference : differences) {
        auto known = std::ranges::find_if(groups, [&](const auto& group) {
            const FieldDifference& first = *group.first;
            return first.field == difference.field && first.layer && difference.layer &&
                   same_cell(first.a, difference.a) && same_cell(first.b, difference.b);
        });
        if (known == groups.end()) known = groups.insert(groups.end(), {&difference, {}});
        if (difference.layer) known->second.push_back(*difference.layer);
    }
    for (const auto& [first, layers] : groups)
        table.rows.push_back({first->field, layers.empty() ? Cell() : Cell(fold_alike(layers)), first->a, first->b});
    return table;
}

}  // namespace

bool add_geometry(Blocks& blocks, const model::ModelSpec& a, const model::ModelSpec& b) {
    const std::vector<FieldDifference> differences = compare_specs(a, b);
    view::Table table{.id = "geometry", .show = Show::scripts};
    table.columns = {{"field"}, {"layer", "", Unit::id}, {"a"}, {"b"}};
    for (const FieldDifference& difference : differences)
        table.rows.push_back({difference.field, difference.layer, difference.a, difference.b});
    blocks.emplace_back(std::move(table));
    if (differences.empty()) blocks.emplace_back(view::Note{"Geometry: the same."});
    else blocks.emplace_back(for_people(differences));
    return differences.empty();
}

}  // namespace attnx::report
