#include "support/case_agreement.h"

#include <fmt/format.h>

#include "attnx/base/error.h"

namespace attnx::test {
namespace {

template <class A, class B>
void compare(Agreement& result, const std::string& what, const A& ours, const B& expected) {
    if (ours == expected) return;
    result.differences.push_back(fmt::format("{} is {} instead of {}", what, ours, expected));
}

void compare_layer(Agreement& result, const ExpectedLayer& expected, const model::LayerSpec& layer) {
    const auto field = [&](std::string_view name) { return fmt::format("layer {}: {}", layer.index, name); };
    compare(result, field("head_count"), layer.head_count, expected.head_count);
    compare(result, field("head_count_kv"), layer.head_count_kv, expected.head_count_kv);
    compare(result, field("head_dim_k"), layer.head_dim_k, expected.head_dim_k);
    compare(result, field("head_dim_v"), layer.head_dim_v, expected.head_dim_v);
    compare(result, field("rope_dimensions"), layer.rope_dimensions, expected.rope_dimensions);
    compare(result, field("sliding"), layer.sliding, expected.sliding);
    compare(result, field("recurrent"), layer.recurrent, expected.recurrent);
    compare(result, field("has_kv"), layer.has_kv, expected.has_kv);
}

// Empty: it agrees.
std::string memory_difference(const ExpectedMemory& expected, const model::ModelSpec& spec) {
    const std::string wanted = expected.bytes ? std::to_string(*expected.bytes) : "refused";
    // What is not loaded has no context.
    if (!spec.key_refusals.empty())
        return expected.bytes ? fmt::format("{} instead of {}", spec.key_refusals.front().message, wanted) : "";
    try {
        const analysis::KvCost cost = analysis::kv_cost(spec, expected.params);
        std::uint64_t by_layer = 0;
        for (const analysis::LayerCost& layer : cost.layers) by_layer += layer.total();
        if (by_layer != cost.total_bytes)
            return fmt::format("layers sum to {} of {} bytes", by_layer, cost.total_bytes);
        if (expected.bytes == cost.total_bytes && cost.context_allocated == expected.context_allocated) return {};
        return fmt::format("{} bytes instead of {}", cost.total_bytes, wanted);
    } catch (const Error& error) {
        if (error.code() == ErrorCode::refused && !expected.bytes) return {};
        return fmt::format("{} instead of {}", error.message(), wanted);
    }
}

}  // namespace

void Agreement::add(const Agreement& other) {
    agree += other.agree;
    all += other.all;
    differences.insert(differences.end(), other.differences.begin(), other.differences.end());
}

Agreement compare_geometry(const ModelCase& expected, const model::ModelSpec& spec) {
    Agreement result;
    compare(result, "layer_count", spec.layer_count, expected.layer_count);
    compare(result, "layer_count_all", spec.layer_count_all, expected.layer_count_all);
    compare(result, "context_length", spec.context_length, expected.context_length);
    compare(result, "embedding_length", spec.embedding_length, expected.embedding_length);
    compare(result, "causal, by key,", spec.memory.causal, expected.causal);
    if (!expected.causal) compare(result, "causal", spec.causal, false);
    compare(result, "mla", spec.mla, expected.mla);
    compare(result, "rope type", to_string(spec.rope.type), expected.rope_type);
    compare(result, "window type", to_string(spec.window.type), expected.window_type);
    compare(result, "window", spec.window.size, expected.window);
    compare(result, "number of layers", spec.layers.size(), std::size_t{expected.layer_count_all});
    // Some files list the trunk's layers alone.
    if (expected.layers.size() < expected.layer_count) result.differences.push_back("the file lists too few layers");
    for (std::size_t i = 0; i < std::min(spec.layers.size(), expected.layers.size()); ++i) {
        compare(result, "index", spec.layers[i].index, i);
        compare_layer(result, expected.layers[i], spec.layers[i]);
    }
    result.all = 1;
    result.agree = result.differences.empty() ? 1 : 0;
    return result;
}

Agreement compare_memory(const ModelCase& expected, const model::ModelSpec& spec) {
    Agreement result;
    for (const ExpectedMemory& row : expected.memory) {
        const std::string difference = memory_difference(row, spec);
        ++result.all;
        if (difference.empty()) ++result.agree;
        else result.differences.push_back(row.text + ": " + difference);
    }
    return result;
}

}  // namespace attnx::test
