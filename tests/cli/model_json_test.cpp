// What `inspect --json` says is what a cost command reads from a pipe: specification, JSON, the same specification.
#include "../../src/cli/inputs/model_json.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "attnx/analysis/kv_cost.h"
#include "attnx/base/error.h"
#include "attnx/model/build.h"
#include "attnx/model/spec_fields.h"
#include "attnx/report/report.h"
#include "attnx/view/outputs.h"
#include "support/golden.h"
#include "support/model_case.h"
#include "support/refusal.h"

namespace attnx::cli {
namespace {

using nlohmann::json;

// Every field with its path and value, floats to the last bit.
class FieldList {
public:
    template <class Field>
    void add(const std::string& path, const Field& field) {
        if constexpr (model::Visited<const Field>)
            visit_fields(field,
                         [&](std::string_view name, const auto& f) { add(fmt::format("{}/{}", path, name), f); });
        else if constexpr (std::is_enum_v<Field>) lines.push_back(fmt::format("{} {}", path, to_string(field)));
        else if constexpr (std::is_floating_point_v<Field>) lines.push_back(fmt::format("{} {:a}", path, field));
        else lines.push_back(fmt::format("{} {}", path, field));
    }
    template <class Field>
    void add(const std::string& path, const std::optional<Field>& field) {
        if (field) add(path, *field);
        else lines.push_back(path + " none");
    }
    template <class Element>
    void add(const std::string& path, const std::vector<Element>& list) {
        lines.push_back(fmt::format("{} {} elements", path, list.size()));
        for (std::size_t i = 0; i < list.size(); ++i) add(fmt::format("{}/{}", path, i), list[i]);
    }
    template <class Field>
    void add(const std::string& path, const model::OrNull<Field>& field) {
        add(path, field.value);
    }
    template <class Field>
    void add(const std::string& path, const model::WhereAny<Field>& field) {
        add(path, field.value);
    }
    std::vector<std::string> lines;
};

template <class Struct>
std::vector<std::string> fields_of(const Struct& value) {
    FieldList list;
    list.add("", value);
    return list.lines;
}

std::string inspected(const gguf::File& file) {
    const view::Document document = report::inspect(file, model::build_spec(file), {});
    return view::text_of(*view::find_output("json"), document, {});
}

TEST(ModelJson, brings_back_the_specification_of_every_architecture) {
    std::size_t costs = 0;
    for (const auto& path : test::golden_files("architectures")) {
        SCOPED_TRACE(path.stem().string());
        const test::CaseFile case_file(path);
        const model::ModelSpec spec = model::build_spec(case_file.file());
        const ModelSource source = model_from_json(inspected(case_file.file()));
        EXPECT_EQ(source.spec.architecture, spec.architecture);
        EXPECT_EQ(fields_of(source.spec), fields_of(spec));
        EXPECT_EQ(fields_of(source.compute), fields_of(model::build_compute_plan(spec, case_file.file().tensors())));
        for (const test::ExpectedMemory& row : test::read_case(path).memory) {
            if (!row.bytes) continue;
            const analysis::KvCost cost = analysis::kv_cost(source.spec, row.params);
            EXPECT_EQ(cost.total_bytes, *row.bytes) << row.text;
            EXPECT_EQ(cost.naive_bytes, analysis::kv_cost(spec, row.params).naive_bytes);
            ++costs;
        }
    }
    EXPECT_GT(costs, 100u);
}

template <class T>
constexpr bool kMayBeAbsent = false;
template <class T>
constexpr bool kMayBeAbsent<model::WhereAny<T>> = true;

// The keys below `place` that a reader of Struct insists on.
template <class Struct>
std::vector<json::json_pointer> needed_keys(const char* place) {
    std::vector<json::json_pointer> keys;
    Struct value{};
    visit_fields(value, [&](std::string_view name, auto&& field) {
        if (!kMayBeAbsent<std::remove_cvref_t<decltype(field)>>)
            keys.push_back(json::json_pointer(place) / std::string(name));
    });
    return keys;
}

TEST(ModelJson, is_refused_when_a_key_is_missing_or_its_value_of_another_kind) {
    const test::CaseFile case_file(test::golden_path("gemma3"));
    const json document = json::parse(inspected(case_file.file()));
    const auto refusal = [](const json& changed) { return test::refusal_of([&] { model_from_json(changed.dump()); }); };
    ASSERT_FALSE(refusal(document).has_value());
    for (const auto& keys :
         {needed_keys<model::ModelSpec>("/result"), needed_keys<model::WindowSpec>("/result/sliding_window"),
          needed_keys<model::RopeSpec>("/result/rope"), needed_keys<model::LayerSpec>("/result/layers/0"),
          needed_keys<model::MemoryPlan>("/result/memory_plan"),
          needed_keys<model::CachePlan>("/result/memory_plan/caches/0"),
          needed_keys<model::CacheLayer>("/result/memory_plan/caches/0/layers/0"),
          needed_keys<model::ComputePlan>("/result/compute_plan"),
          needed_keys<model::LayerWeights>("/result/compute_plan/layers/0")})
        for (const json::json_pointer& key : keys) {
            SCOPED_TRACE(key.to_string());
            json changed = document;
            changed.at(key.parent_pointer()).erase(key.back());
            test::expect_refusal(refusal(changed), ErrorCode::bad_geometry, '"' + key.back() + "\" is missing");
            changed[key] = json{{"another", "kind"}};
            test::expect_refusal(refusal(changed), ErrorCode::bad_geometry, "is not the JSON of `attnx inspect`");
        }
}

// A number that a field cannot hold is refused, not bent.
TEST(ModelJson, is_refused_when_a_number_does_not_fit) {
    const test::CaseFile case_file(test::golden_path("gemma3"));
    const json document = json::parse(inspected(case_file.file()));
    const std::vector<std::pair<const char*, json>> changes = {
        {"/result/layer_count", 1ull << 32},       {"/result/layer_count", -1},     {"/result/layer_count", 1.5},
        {"/result/rope/freq_base", 1e39},          {"/result/rope_type", "spiral"}, {"/result/layers/0/kind", 0},
        {"/result/memory_plan/caches/0/ratio", 0}, {"/result/layers/1/layer", 0}};
    for (const auto& [key, value] : changes) {
        json changed = document;
        changed.at(json::json_pointer(key)) = value;
        const std::string text = changed.dump();
        test::expect_refusal(test::refusal_of([&] { model_from_json(text); }), ErrorCode::bad_geometry,
                             "is not the JSON of `attnx inspect`");
    }
}

}  // namespace
}  // namespace attnx::cli
