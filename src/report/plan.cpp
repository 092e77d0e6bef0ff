#include "plan.h"

#include <fmt/format.h>

#include <string_view>
#include <type_traits>

#include "attnx/model/memory_fields.h"

namespace attnx::report {
namespace {

using view::Cell;
using view::List;
using view::Show;
using view::Unit;

view::Table table_of(const std::string& path) {
    view::Table table;
    table.id = path;
    table.show = Show::scripts;
    return table;
}

// Writes each field of a struct below `path`: plain ones as facts, the layers of a cache as a table.
class PlanWriter {
public:
    template <class Struct>
    void write(const Struct& value, const std::string& path) {
        model::visit_fields(value, [&](std::string_view name, const auto& field) {
            write_field(field, fmt::format("{}/{}", path, name));
        });
    }
    std::vector<view::Block> blocks() { return std::move(blocks_); }

private:
    template <class Field>
    void write_field(const Field& field, const std::string& path) {
        if constexpr (std::is_enum_v<Field>) fact(path, to_string(field));
        else fact(path, field);
    }
    template <class Element>
    void write_field(const std::vector<Element>& list, const std::string& path) {
        if constexpr (std::is_same_v<Element, model::CacheLayer>) {
            blocks_.emplace_back(layers(list, path));
        } else if constexpr (std::is_same_v<Element, model::CachePlan>) {
            if (list.empty()) fact(path, List{});
            for (std::size_t i = 0; i < list.size(); ++i) write(list[i], fmt::format("{}/{}", path, i));
        } else {
            List cells;
            for (const Element& element : list) cells.emplace_back(element);
            fact(path, std::move(cells));
        }
    }

    static view::Table layers(const std::vector<model::CacheLayer>& list, const std::string& path) {
        view::Table table = table_of(path);
        const model::CacheLayer names;
        model::visit_fields(names, [&](std::string_view name, const auto&) {
            table.columns.push_back({std::string(name), std::string(name)});
        });
        for (const model::CacheLayer& layer : list) {
            std::vector<Cell> row;
            model::visit_fields(layer, [&](std::string_view, const auto& field) { row.emplace_back(field); });
            table.rows.push_back(std::move(row));
        }
        return table;
    }

    void fact(const std::string& path, Cell value) {
        blocks_.emplace_back(
            view::Facts{"", {{path, "", std::move(value), Unit::none, Show::scripts, ""}}, Show::scripts});
    }

    std::vector<view::Block> blocks_;
};

}  // namespace

std::vector<view::Block> plan_blocks(const model::MemoryPlan& plan, const std::string& path) {
    PlanWriter writer;
    writer.write(plan, path);
    return writer.blocks();
}

std::vector<view::Block> plan_blocks(const model::ComputePlan& plan) {
    view::Table table = table_of("compute_plan/layers");
    for (const char* id : {"layer", "q", "k", "v", "o", "mixer", "state_elements", "feed_forward", "active_bytes"})
        table.columns.push_back({id, id});
    for (const model::LayerWeights& layer : plan.layers)
        table.rows.push_back({layer.layer, layer.q, layer.k, layer.v, layer.o, layer.mixer, layer.state_elements,
                              layer.feed_forward, layer.active_bytes});
    view::Facts facts{"", {}, Show::scripts};
    const auto fact = [&](const char* key, Cell value) {
        facts.facts.push_back(
            {std::string("compute_plan/") + key, "", std::move(value), Unit::none, Show::scripts, ""});
    };
    fact("output_head", plan.output_head);
    fact("output_head_bytes", plan.output_head_bytes);
    fact("counted_from_tensors", plan.counted_from_tensors);
    return {std::move(table), std::move(facts)};
}

}  // namespace attnx::report
