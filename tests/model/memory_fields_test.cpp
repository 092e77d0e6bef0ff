// A MemoryPlan written as JSON by its field list and read back by the same list costs the same.
#include "attnx/model/memory_fields.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "attnx/analysis/kv_cost.h"
#include "attnx/base/error.h"
#include "attnx/model/build.h"
#include "support/model_case.h"

namespace attnx::model {
namespace {

using nlohmann::json;

template <class T>
constexpr bool kIsVector = false;
template <class T>
constexpr bool kIsVector<std::vector<T>> = true;

template <class T>
json write(const T& value) {
    if constexpr (std::is_enum_v<T>) {
        return static_cast<int>(value);
    } else if constexpr (kIsVector<T>) {
        json array = json::array();
        for (const auto& element : value) array.push_back(write(element));
        return array;
    } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
        return value;
    } else {
        json object;
        visit_fields(value,
                     [&](std::string_view name, const auto& field) { object[std::string(name)] = write(field); });
        return object;
    }
}

template <class T>
void read(const json& from, T& value) {
    if constexpr (std::is_enum_v<T>) {
        value = static_cast<T>(from.get<int>());
    } else if constexpr (kIsVector<T>) {
        for (const json& element : from) read(element, value.emplace_back());
    } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
        from.get_to(value);
    } else {
        visit_fields(value, [&](std::string_view name, auto& field) { read(from.at(std::string(name)), field); });
    }
}

TEST(MemoryFields, carry_all_that_the_cost_needs) {
    for (const auto& path : test::cases_in(test::committed_cases())) {
        SCOPED_TRACE(path.stem().string());
        const test::CaseFile file(path);
        const ModelSpec original = build_spec(file.file());
        ModelSpec copy;
        copy.embedding_length = original.embedding_length;
        for (const LayerSpec& layer : original.layers) {
            copy.layers.emplace_back();
            copy.layers.back().head_count = layer.head_count;
            copy.layers.back().head_count_kv = layer.head_count_kv;
        }
        read(json::parse(write(original.memory).dump()), copy.memory);
        for (const test::ExpectedMemory& row : test::read_case(path).memory) {
            if (!row.bytes) continue;
            const analysis::KvCost cost = analysis::kv_cost(copy, row.params);
            EXPECT_EQ(cost.total_bytes, *row.bytes) << row.text;
            EXPECT_EQ(cost.naive_bytes, analysis::kv_cost(original, row.params).naive_bytes);
        }
    }
}

}  // namespace
}  // namespace attnx::model
