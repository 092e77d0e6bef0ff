#include "attnx/report/diff.h"

#include <fmt/format.h>

#include <algorithm>

#include "attnx/base/text.h"
#include "attnx/report/report.h"
#include "cells.h"
#include "diff_parts.h"

namespace attnx::report {
namespace {

using analysis::NumberDistance;
using gguf::TensorInfo;
using view::Cell;
using view::Show;
using view::Unit;

void add_fact(Blocks& blocks, std::string id, Cell value) {
    blocks.emplace_back(view::Facts{"", {{.id = std::move(id), .value = std::move(value)}}, Show::scripts});
}

template <class Item>
view::List names_of(const std::vector<const Item*>& items, std::string_view Item::*name) {
    view::List names;
    for (const Item* item : items) names.emplace_back(item->*name);
    return names;
}

// Of an array that differs in an element, that one.
std::string text_of(const gguf::Value& value, std::optional<std::uint64_t> element) {
    const auto array = value.array();
    if (!array || !element) return value_text(value, kElementsForPeople);
    std::string text = "nothing";
    array->for_each([&](std::uint64_t i, const gguf::Value& each) {
        if (i == *element) text = value_text(each, kElementsForPeople);
        return i < *element;
    });
    return fmt::format("element {} of {}: {}", *element, array->size(), text);
}

Cell length_of(const gguf::Value& value) {
    const auto array = value.array();
    return array ? Cell(array->size()) : Cell();
}

view::Table keys_for_people(const analysis::MetadataDifferences& differences) {
    view::Table table;
    table.title = "Metadata";
    table.show = Show::people;
    table.columns = {{.label = "key"}, {.label = "A", .shrink = true}, {.label = "B", .shrink = true}};
    for (view::Column& column : table.columns) column.align = view::Align::left;
    for (const gguf::Entry* entry : differences.only_a)
        table.rows.push_back({entry->key, value_text(entry->value, kElementsForPeople), Cell()});
    for (const gguf::Entry* entry : differences.only_b)
        table.rows.push_back({entry->key, Cell(), value_text(entry->value, kElementsForPeople)});
    for (const auto& [a, b, element] : differences.changed) {
        std::string left = text_of(a->value, element), right = text_of(b->value, element);
        if (a->value.type() != b->value.type()) {
            left += fmt::format(" ({})", type_text(a->value));
            right += fmt::format(" ({})", type_text(b->value));
        }
        table.rows.push_back({a->key, std::move(left), std::move(right)});
    }
    return table;
}

// One figure of a distance: its key, its heading for people.
struct Figure {
    const char* id;
    const char* label;
    std::optional<double> (*of)(const NumberDistance&);
};
constexpr Figure kFigures[] = {
    {"max_abs", "max |Δ|", [](const NumberDistance& d) { return d.pairs ? std::optional(d.max_abs) : std::nullopt; }},
    {"mean_abs", "", [](const NumberDistance& d) { return d.mean_abs(); }},
    {"rmse", "RMSE", [](const NumberDistance& d) { return d.rmse(); }},
    {"relative", "relative", [](const NumberDistance& d) { return d.relative(); }},
    {"cosine", "cosine", [](const NumberDistance& d) { return d.cosine(); }},
};

void add_columns(view::Table& table, bool for_people) {
    for (const Figure& figure : kFigures) {
        if (for_people && *figure.label == '\0') continue;
        table.columns.push_back({.id = figure.id,
                                 .label = figure.label,
                                 .unit = Unit::real,
                                 .show = *figure.label == '\0' ? Show::scripts : Show::all});
    }
}

// Nothing where the distance was not taken.
void add_figures(std::vector<Cell>& row, const NumberDistance* distance, bool for_people) {
    for (const Figure& figure : kFigures)
        if (!for_people || *figure.label != '\0') row.push_back(distance ? Cell(figure.of(*distance)) : Cell());
}

struct ChangedTensor {
    analysis::TensorPair pair;
    const NumberDistance* distance;  // null: not taken
};

std::vector<ChangedTensor> changed_tensors(const Diff& compared) {
    std::vector<ChangedTensor> changed;
    for (std::size_t i = 0; i < compared.tensors->common.size(); ++i) {
        const analysis::TensorPair& pair = compared.tensors->common[i];
        const analysis::PairDistance* numbers = compared.numbers ? &(*compared.numbers)[i] : nullptr;
        const bool taken = numbers != nullptr && numbers->compared && !numbers->equal;
        if (!pair.same_shape() || !pair.same_type() || (taken && !numbers->distance.within(compared.tolerance)))
            changed.push_back({pair, taken ? &numbers->distance : nullptr});
    }
    return changed;
}

view::Table changed_for_scripts(const std::vector<ChangedTensor>& changed) {
    view::Table table{.id = "tensors/changed", .show = Show::scripts};
    table.columns = {{"name"}, {"shape_a"}, {"shape_b"}, {"type_a"}, {"type_b"}, {"bytes_a"}, {"bytes_b"}};
    add_columns(table, false);
    table.columns.push_back({"unlike"});
    for (const auto& [pair, distance] : changed) {
        std::vector<Cell> row = {pair.a->name,       shape_list(*pair.a), shape_list(*pair.b), type_text(*pair.a),
                                 type_text(*pair.b), pair.a->bytes,       pair.b->bytes};
        add_figures(row, distance, false);
        row.push_back(distance ? Cell(distance->unlike) : Cell());
        table.rows.push_back(std::move(row));
    }
    return table;
}

view::Table tensors_for_people(const Diff& compared, const std::vector<ChangedTensor>& changed) {
    view::Table table{.title = "Tensors", .show = Show::people};
    table.columns = {{"name", "tensor"}, {"", "A"}, {"", "B"}};
    table.columns[0].shrink = true;
    const bool figures = compared.numbers.has_value();
    if (figures) add_columns(table, true);
    const auto add = [&](const TensorInfo* a, const TensorInfo* b, const NumberDistance* distance) {
        const auto text = [](const TensorInfo* info) {
            return info ? Cell(fmt::format("{} {}", shape_text(*info), type_text(*info))) : Cell();
        };
        std::vector<Cell> row = {a ? a->name : b->name, text(a), text(b)};
        if (figures) add_figures(row, distance, true);
        table.rows.push_back(std::move(row));
    };
    for (const TensorInfo* info : compared.tensors->only_a) add(info, nullptr, nullptr);
    for (const TensorInfo* info : compared.tensors->only_b) add(nullptr, info, nullptr);
    for (const auto& [pair, distance] : changed) add(pair.a, pair.b, distance);
    return table;
}

// Tensors of one pair of types.
struct TypePair {
    std::string a, b;
    std::uint64_t tensors = 0, equal = 0, elements = 0;
    NumberDistance distance = {};  // of those that are not equal to the last byte
};

std::vector<TypePair> by_types(const Diff& compared) {
    std::vector<TypePair> rows;
    for (std::size_t i = 0; i < compared.tensors->common.size(); ++i) {
        const analysis::TensorPair& pair = compared.tensors->common[i];
        const analysis::PairDistance& numbers = (*compared.numbers)[i];
        if (!numbers.compared) continue;
        const std::string a = type_text(*pair.a), b = type_text(*pair.b);
        auto row = std::ranges::find_if(rows, [&](const TypePair& known) { return known.a == a && known.b == b; });
        if (row == rows.end()) row = rows.insert(rows.end(), {.a = a, .b = b});
        ++row->tensors;
        row->equal += numbers.equal;
        row->elements += pair.a->elements;
        row->distance.add(numbers.distance);
    }
    return rows;
}

void add_numbers(Blocks& blocks, const Diff& compared) {
    if (!compared.numbers) return add_fact(blocks, "numbers", Cell());
    view::Table table{.id = "numbers/types", .title = "Numbers, by type"};
    table.columns = {{"type_a", "A"},
                     {"type_b", "B"},
                     {"tensors", "tensors"},
                     {"equal", "equal"},
                     {"elements", "elements", Unit::count}};
    add_columns(table, false);
    table.columns.push_back({.id = "unlike", .show = Show::scripts});
    for (const TypePair& pair : by_types(compared)) {
        std::vector<Cell> row = {pair.a, pair.b, pair.tensors, pair.equal, pair.elements};
        const bool any = pair.equal != pair.tensors;
        add_figures(row, any ? &pair.distance : nullptr, false);
        row.emplace_back(any ? Cell(pair.distance.unlike) : Cell());
        table.rows.push_back(std::move(row));
    }
    blocks.emplace_back(std::move(table));
    const auto left_out = std::ranges::count(*compared.numbers, false, &analysis::PairDistance::compared);
    add_fact(blocks, "numbers/left_out", static_cast<std::uint64_t>(left_out));
    add_fact(blocks, "numbers/tolerance", compared.tolerance);
    if (left_out > 0)
        blocks.emplace_back(view::Note{fmt::format(
            "Left out: the numbers of {} tensors, whose shapes differ or whose types have none.", left_out)});
}

void add_ref(view::Facts& facts, const std::string& id, const gguf::File& file) {
    const view::ModelRef ref = model_ref(file);
    facts.facts.push_back({.id = id + "/path", .label = id == "a" ? "A" : "B", .value = ref.path});
    facts.facts.push_back({.id = id + "/architecture", .value = ref.architecture, .show = Show::scripts});
    facts.facts.push_back({.id = id + "/name", .value = ref.name, .show = Show::scripts});
}

void add_findings(Findings& findings, const gguf::File& file) {
    for (const Finding& finding : file.findings())
        findings.push_back({finding.id, fmt::format("{}: {}", printable(file.path()), finding.message)});
}

}  // namespace

bool add_metadata(Blocks& blocks, const analysis::MetadataDifferences& differences) {
    add_fact(blocks, "metadata/only_a", names_of(differences.only_a, &gguf::Entry::key));
    add_fact(blocks, "metadata/only_b", names_of(differences.only_b, &gguf::Entry::key));
    view::Table table{.id = "metadata/changed", .show = Show::scripts};
    table.columns = {{"key"}, {"type_a"}, {"type_b"}, {"length_a"}, {"length_b"}, {"element"}, {"a"}, {"b"}};
    for (const auto& [a, b, element] : differences.changed)
        table.rows.push_back({a->key, type_text(a->value), type_text(b->value), length_of(a->value),
                              length_of(b->value), element, cell_of(a->value, kElementsForScripts),
                              cell_of(b->value, kElementsForScripts)});
    blocks.emplace_back(std::move(table));
    if (differences.none()) blocks.emplace_back(view::Note{"Metadata: the same."});
    else blocks.emplace_back(keys_for_people(differences));
    return differences.none();
}

bool add_tensors(Blocks& blocks, const Diff& compared) {
    const analysis::TensorDifferences& differences = *compared.tensors;
    const std::vector<ChangedTensor> changed = changed_tensors(compared);
    add_fact(blocks, "tensors/only_a", names_of(differences.only_a, &TensorInfo::name));
    add_fact(blocks, "tensors/only_b", names_of(differences.only_b, &TensorInfo::name));
    blocks.emplace_back(changed_for_scripts(changed));
    const bool same = changed.empty() && differences.only_a.empty() && differences.only_b.empty();
    if (same)
        blocks.emplace_back(view::Note{compared.numbers ? "Tensors: the same, to their numbers."
                                                        : "Tensors: the same names, shapes and types."});
    else blocks.emplace_back(tensors_for_people(compared, changed));
    add_numbers(blocks, compared);
    return same;
}

DiffAnswer diff(const Diff& compared) {
    DiffAnswer answer;
    Blocks parts;
    const auto note = [&](bool same) { answer.same = answer.same && same; };
    if (compared.spec_a != nullptr) note(add_geometry(parts, *compared.spec_a, *compared.spec_b));
    else add_fact(parts, "geometry", Cell());
    if (compared.metadata) note(add_metadata(parts, *compared.metadata));
    else add_fact(parts, "metadata", Cell());
    if (compared.tensors) note(add_tensors(parts, compared));
    else
        for (const char* id : {"tensors", "numbers"}) add_fact(parts, id, Cell());
    if (compared.attention) note(add_attention(parts, *compared.attention, compared.tolerance));
    else add_fact(parts, "attention", Cell());

    view::Document& document = answer.document;
    document.command = "diff";
    document.model = model_ref(compared.a);
    view::Facts facts;
    add_ref(facts, "a", compared.a);
    add_ref(facts, "b", compared.b);
    facts.facts.push_back({.id = "same", .label = "same", .value = answer.same});
    if (compared.metadata)
        facts.facts.push_back({.id = "metadata/common", .label = "keys in both", .value = compared.metadata->common});
    if (compared.tensors)
        facts.facts.push_back({.id = "tensors/common",
                               .label = "tensors in both",
                               .value = static_cast<std::uint64_t>(compared.tensors->common.size())});
    document.blocks.emplace_back(std::move(facts));
    document.blocks.insert(document.blocks.end(), std::make_move_iterator(parts.begin()),
                           std::make_move_iterator(parts.end()));
    add_findings(document.findings, compared.a);
    add_findings(document.findings, compared.b);
    if (compared.attention) append(document.findings, compared.attention->findings);
    document.csv_table = compared.attention  ? "attention/layers"
                         : compared.tensors  ? "tensors/changed"
                         : compared.metadata ? "metadata/changed"
                                             : "geometry";
    return answer;
}

}  // namespace attnx::report
