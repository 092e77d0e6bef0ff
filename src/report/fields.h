// report: what model/spec_fields.h lists as facts and tables, for scripts. cli/inputs/model_json.cpp reads them back,
// so that `inspect --json | kv-cost` costs exactly what the file would.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attnx/model/spec_fields.h"
#include "attnx/view/document.h"

namespace attnx::report {

// The value of a plain field; null for an optional without one.
template <class Field>
view::Cell field_cell(const Field& field) {
    if constexpr (std::is_enum_v<Field>) return to_string(field);
    else if constexpr (std::is_same_v<Field, float>) return static_cast<double>(field);
    else return field;
}
template <class Field>
view::Cell field_cell(const std::optional<Field>& field) {
    return field ? field_cell(*field) : view::Cell();
}
template <class Element>
view::Cell field_cell(const std::vector<Element>& list) {
    view::List cells;
    for (const Element& element : list) cells.push_back(field_cell(element));
    return cells;
}
template <class Field>
view::Cell field_cell(const model::OrNull<Field>& field) {
    return field.value.empty() ? view::Cell() : field_cell(field.value);
}

// The fields of a specification but its layers and plans, each told once: by whoever takes it for people to see,
// otherwise with the rest.
class SpecFacts {
public:
    explicit SpecFacts(const model::ModelSpec& spec);
    view::Fact take(std::string_view id, std::string label, view::Unit unit = view::Unit::none,
                    view::Show show = view::Show::all, std::string remark = "");
    view::Facts rest() &&;

private:
    std::vector<view::Fact> facts_;
};

// Blocks under `path`: "memory_plan", "memory_plan_mtp", "compute_plan".
std::vector<view::Block> plan_blocks(const model::MemoryPlan& plan, const std::string& path);
std::vector<view::Block> plan_blocks(const model::ComputePlan& plan, const std::string& path);

}  // namespace attnx::report
