#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <map>

#include "attnx/model/roles.h"
#include "attnx/report/report.h"
#include "cells.h"

namespace attnx::report {
namespace {

using gguf::TensorInfo;
using model::Role;
using model::TensorRole;
using view::Cell;
using view::Show;
using view::Unit;

struct Row {
    const TensorInfo* info;
    TensorRole role;
};

std::vector<Row> chosen_rows(const gguf::File& file, const TensorOptions& options) {
    std::vector<Row> rows;
    for (const TensorInfo& info : file.tensors()) {
        const bool wanted =
            options.filter.empty() || fnmatch(options.filter.c_str(), std::string(info.name).c_str(), 0) == 0;
        if (wanted) rows.push_back({&info, model::role_of(info.name)});
    }
    const auto sort_by = [&](auto less) { std::stable_sort(rows.begin(), rows.end(), less); };
    switch (options.order) {
        case TensorOrder::file: break;
        case TensorOrder::size:
            sort_by([](const Row& a, const Row& b) { return a.info->bytes.value_or(0) > b.info->bytes.value_or(0); });
            break;
        case TensorOrder::name: sort_by([](const Row& a, const Row& b) { return a.info->name < b.info->name; }); break;
        case TensorOrder::offset:
            sort_by([](const Row& a, const Row& b) {
                return std::pair(a.info->shard, a.info->offset) < std::pair(b.info->shard, b.info->offset);
            });
            break;
    }
    return rows;
}

// Slowest dimension first, as PyTorch prints it.
std::string role_text(const TensorRole& role) {
    // A tower's Q is not the model's.
    std::string text(role.tower);
    if (!role.label.empty()) text += fmt::format("{}{}", text.empty() ? "" : " ", role.label);
    if (text.empty()) return "–";
    const bool plain = role.suffix == "weight" || role.suffix.empty() || role.label.empty();
    return plain ? text : fmt::format("{} {}", text, role.suffix);
}

// Whose blocks `layer` counts; null outside of blocks.
Cell stack_cell(const TensorRole& role) { return role.layer ? Cell(to_string(role.stack)) : Cell(); }

view::Table all_table(const std::vector<Row>& rows, bool several_shards) {
    view::Table table;
    table.id = "tensors";
    table.columns = {{"name", "name"},
                     {"role", "role"},
                     {"stack", "", Unit::none, Show::scripts},
                     {"layer", "layer", Unit::id},
                     {"shape", "", Unit::none, Show::scripts},
                     {"shape_text", "shape", Unit::none, Show::people},
                     {"type", "type"},
                     {"bits_per_weight", "bits", Unit::bits},
                     {"bytes", "size", Unit::bytes},
                     {"offset", "offset", Unit::id},
                     {"shard", "part", Unit::id, several_shards ? Show::all : Show::scripts},
                     {"elements", "", Unit::none, Show::scripts}};
    table.columns[0].shrink = true;
    std::uint64_t bytes = 0;
    bool all_sized = true;
    for (const Row& row : rows) {
        const TensorInfo& info = *row.info;
        table.rows.push_back({info.name, role_text(row.role), stack_cell(row.role), row.role.layer, shape_list(info),
                              shape_text(info), type_text(info),
                              info.type ? Cell(info.type->bits_per_weight()) : Cell(), info.bytes, info.offset,
                              info.shard, info.elements});
        bytes += info.bytes.value_or(0);
        all_sized &= info.bytes.has_value();
    }
    table.footer = {fmt::format("{} tensors", rows.size()), {}, {}, {}, {}, {}, {}, {},
                    all_sized ? Cell(bytes) : Cell(),       {}, {}, {}};
    return table;
}

// One row per layer, a column for each attention role that occurs. Layers of a tower are shown where there are no
// others.
view::Table attention_table(const std::vector<Row>& rows, bool for_people) {
    const bool has_trunk =
        std::ranges::any_of(rows, [](const Row& row) { return row.role.layer && row.role.tower.empty(); });
    using Key = std::pair<model::Stack, std::uint32_t>;
    std::map<Role, std::string> columns;
    std::map<Key, std::map<Role, std::string>> layers;
    for (const Row& row : rows) {
        const bool attention =
            row.role.group == model::RoleGroup::attention || row.role.group == model::RoleGroup::indexer;
        if (!attention || !row.role.layer || (has_trunk && !row.role.tower.empty())) continue;
        columns.emplace(row.role.role, row.role.label);
        std::string& cell = layers[{row.role.stack, *row.role.layer}][row.role.role];
        if (!for_people) cell.append(cell.empty() ? "" : " ").append(row.info->name);
        else if (row.role.is_weight()) cell = fmt::format("{} {}{}", shape_text(*row.info), type_text(*row.info), cell);
        else cell += fmt::format(" +{}", row.role.suffix);
    }
    view::Table table;
    table.id = for_people ? "" : "attention";
    table.title = "Attention tensors";
    table.show = for_people ? Show::people : Show::scripts;
    const bool one_stack = std::ranges::all_of(
        layers, [&](const auto& layer) { return layer.first.first == layers.begin()->first.first; });
    table.columns = {{"stack", "stack", Unit::none, one_stack && for_people ? Show::scripts : Show::all},
                     {"layer", "layer", Unit::id}};
    for (const auto& [role, label] : columns) {
        std::string id = label;
        std::transform(id.begin(), id.end(), id.begin(),
                       [](unsigned char c) { return c == ' ' ? '_' : static_cast<char>(std::tolower(c)); });
        table.columns.push_back({id, label});
    }
    for (const auto& [key, cells] : layers) {
        std::vector<Cell> row = {to_string(key.first), key.second};
        for (const auto& [role, label] : columns) {
            const auto cell = cells.find(role);
            row.push_back(cell == cells.end() ? Cell() : Cell(cell->second));
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

}  // namespace

view::Document tensors(const gguf::File& file, const TensorOptions& options) {
    view::Document document;
    document.command = "tensors";
    document.model = model_ref(file);
    document.findings = file.findings();
    const std::vector<Row> rows = chosen_rows(file, options);
    if (options.attention) {
        document.blocks.emplace_back(attention_table(rows, true));
        document.blocks.emplace_back(attention_table(rows, false));
        document.csv_table = "attention";
    } else {
        document.blocks.emplace_back(all_table(rows, file.shards().size() > 1));
        document.csv_table = "tensors";
    }
    return document;
}

}  // namespace attnx::report
