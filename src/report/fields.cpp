#include "fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "attnx/base/error.h"

namespace attnx::report {
namespace {

using view::Cell;
using view::Show;
using view::Unit;

view::Fact script_fact(std::string id, Cell value) {
    return {std::move(id), "", std::move(value), Unit::none, Show::scripts, ""};
}

// One column for each field.
template <class Struct>
view::Table table_of(const std::vector<Struct>& list, const std::string& path) {
    view::Table table;
    table.id = path;
    table.show = Show::scripts;
    const Struct names;
    visit_fields(names, [&](std::string_view name, const auto&) {
        table.columns.push_back({std::string(name), std::string(name)});
    });
    for (const Struct& element : list) {
        std::vector<Cell> row;
        visit_fields(element, [&](std::string_view, const auto& field) { row.push_back(field_cell(field)); });
        table.rows.push_back(std::move(row));
    }
    return table;
}

// Writes each field of a plan: plain ones as facts, those of layers as a table, caches below their place in the list.
class PlanWriter {
public:
    template <class Plan>
    void write(const Plan& plan, const std::string& path) {
        visit_fields(plan, [&](std::string_view name, const auto& field) {
            write_field(field, fmt::format("{}/{}", path, name));
        });
    }
    std::vector<view::Block> blocks() { return std::move(blocks_); }

private:
    template <class Field>
    void write_field(const Field& field, const std::string& path) {
        blocks_.emplace_back(view::Facts{"", {script_fact(path, field_cell(field))}, Show::scripts});
    }
    template <model::Visited Element>
    void write_field(const std::vector<Element>& list, const std::string& path) {
        if constexpr (!std::is_same_v<Element, model::CachePlan>) {
            blocks_.emplace_back(table_of(list, path));
        } else {
            if (list.empty()) write_field(std::vector<std::string>(), path);
            for (std::size_t i = 0; i < list.size(); ++i) write(list[i], fmt::format("{}/{}", path, i));
        }
    }

    std::vector<view::Block> blocks_;
};

template <class Plan>
std::vector<view::Block> blocks_of(const Plan& plan, const std::string& path) {
    PlanWriter writer;
    writer.write(plan, path);
    return writer.blocks();
}

// The plain fields of a specification, those of window and rope below their names.
class FactCollector {
public:
    template <class Struct>
    void collect(const Struct& value, const std::string& path) {
        visit_fields(value, [&](std::string_view name, const auto& field) { add(field, path + std::string(name)); });
    }
    std::vector<view::Fact> facts;

private:
    template <class Field>
    void add(const Field& field, const std::string& path) {
        facts.push_back(script_fact(path, field_cell(field)));
    }
    template <model::Visited Group>
    void add(const Group& group, const std::string& path) {
        collect(group, path + "/");
    }
    template <class Field>
    void add(const model::WhereAny<Field>& field, const std::string& path) {
        if (field.value) add(*field.value, path);
    }
    // Not here: layer_table and plan_blocks.
    void add(const std::vector<model::LayerSpec>&, const std::string&) {}
    void add(const model::MemoryPlan&, const std::string&) {}
};

}  // namespace

SpecFacts::SpecFacts(const model::ModelSpec& spec) {
    FactCollector collector;
    collector.collect(spec, "");
    facts_ = std::move(collector.facts);
}

view::Fact SpecFacts::take(std::string_view id, std::string label, Unit unit, Show show, std::string remark) {
    const auto found =
        std::find_if(facts_.begin(), facts_.end(), [&](const view::Fact& fact) { return fact.id == id; });
    if (found == facts_.end()) throw Error(ErrorCode::internal, fmt::format("no field {} is left to tell", id));
    view::Fact fact{found->id, std::move(label), std::move(found->value), unit, show, std::move(remark)};
    facts_.erase(found);
    return fact;
}

view::Facts SpecFacts::rest() && { return {"", std::move(facts_), Show::scripts}; }

std::vector<view::Block> plan_blocks(const model::MemoryPlan& plan, const std::string& path) {
    return blocks_of(plan, path);
}

std::vector<view::Block> plan_blocks(const model::ComputePlan& plan, const std::string& path) {
    return blocks_of(plan, path);
}

}  // namespace attnx::report
