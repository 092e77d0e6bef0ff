// model: the fields of a specification and of what a context and a token of it take, listed once, so that whoever
// writes them (JSON) and whoever reads them back cannot disagree.
//
//   visit_fields(spec, [&](std::string_view name, auto&& field) { … });
//
// `field` is a number, a bool, a string, an enumerator, a struct that visit_fields takes in turn, an optional of these
// (null when there is none), a vector of them, or one of the two below. Names are stable: they are keys of the JSON
// contract.
#pragma once

#include <concepts>
#include <optional>
#include <string_view>
#include <type_traits>

#include "attnx/model/compute_plan.h"
#include "attnx/model/spec.h"

namespace attnx::model {

// The enumerator that to_string calls so: RopeType, WindowType, LayerKind, CacheKind and CellRule.
template <class Enum>
std::optional<Enum> named(std::string_view text);

// A string or vector that is null when it is empty.
template <class T>
struct OrNull {
    T& value;
};
template <class T>
OrNull(T&) -> OrNull<T>;

// An optional whose key is not there when there is none.
template <class T>
struct WhereAny {
    T& value;
};
template <class T>
WhereAny(T&) -> WhereAny<T>;

template <class T, class Plain>
concept SameStruct = std::same_as<std::remove_const_t<T>, Plain>;

template <SameStruct<CacheLayer> T, class Visit>
void visit_fields(T& value, Visit&& visit) {
    visit("layer", value.layer);
    visit("key_elements", value.key_elements);
    visit("value_elements", value.value_elements);
    visit("value_elements_without_flash", value.value_elements_without_flash);
    visit("state_r_elements", value.state_r_elements);
    visit("state_s_elements", value.state_s_elements);
    visit("state_p_elements", value.state_p_elements);
}

template <SameStruct<CachePlan> T, class Visit>
void visit_fields(T& value, Visit&& visit) {
    visit("kind", value.kind);
    visit("label", value.label);
    visit("cells", value.cells);
    visit("ratio", value.ratio);
    visit("window", value.window);
    visit("window_ignores_unified", value.window_ignores_unified);
    visit("stream_per_sequence", value.stream_per_sequence);
    visit("key_rotation", value.key_rotation);
    visit("value_rotation", value.value_rotation);
    visit("always_rotated", value.always_rotated);
    visit("layers", value.layers);
}

template <SameStruct<MemoryPlan> T, class Visit>
void visit_fields(T& value, Visit&& visit) {
    visit("caches", value.caches);
    visit("trained_context", value.trained_context);
    visit("causal", value.causal);
    visit("same_types", value.same_types);
    visit("flash_attention_off", value.flash_attention_off);
    visit("state_snapshots", value.state_snapshots);
    visit("head_dims_k", value.head_dims_k);
    visit("head_dims_v", value.head_dims_v);
    visit("refusals", value.refusals);
}

template <SameStruct<LayerWeights> T, class Visit>
void visit_fields(T& value, Visit&& visit) {
    visit("layer", value.layer);
    visit("q", value.q);
    visit("k", value.k);
    visit("v", value.v);
    visit("o", value.o);
    visit("mixer", value.mixer);
    visit("state_elements", value.state_elements);
    visit("feed_forward", value.feed_forward);
    visit("active_bytes", value.active_bytes);
}

template <SameStruct<ComputePlan> T, class Visit>
void visit_fields(T& value, Visit&& visit) {
    visit("layers", value.layers);
    visit("output_head", value.output_head);
    visit("output_head_bytes", value.output_head_bytes);
    visit("counted_from_tensors", value.counted_from_tensors);
}

template <SameStruct<LayerSpec> T, class Visit>
void visit_fields(T& value, Visit&& visit) {
    visit("layer", value.index);
    visit("kind", value.kind);
    visit("head_count", value.head_count);
    visit("head_count_kv", value.head_count_kv);
    visit("head_dim_k", value.head_dim_k);
    visit("head_dim_v", value.head_dim_v);
    visit("rope_dimensions", value.rope_dimensions);
    visit("sliding_window", value.sliding);
    visit("compress_ratio", value.compress_ratio);
    visit("indexer", value.indexer);
    visit("recurrent", value.recurrent);
    visit("has_kv", value.has_kv);
    visit("kv_shared_with", value.kv_shared_with);
    visit("next_token_prediction", value.next_token_prediction);
    visit("router", value.router);
}

template <SameStruct<WindowSpec> T, class Visit>
void visit_fields(T& value, Visit&& visit) {
    visit("type", value.type);
    visit("size", value.size);
}

// Without the type, which has a key of its own.
template <SameStruct<RopeSpec> T, class Visit>
void visit_fields(T& value, Visit&& visit) {
    visit("dimension_count", value.dimension_count);
    visit("freq_base", value.freq_base);
    visit("freq_base_sliding", value.freq_base_sliding);
    visit("scaling_type", OrNull{value.scaling_type});
    visit("scaling_factor", value.scaling_factor);
    visit("original_context_length", value.original_context_length);
    visit("sections", OrNull{value.sections});
}

template <SameStruct<ModelSpec> T, class Visit>
void visit_fields(T& value, Visit&& visit) {
    visit("layer_count", value.layer_count);
    visit("layer_count_all", value.layer_count_all);
    visit("context_length", value.context_length);
    visit("embedding_length", value.embedding_length);
    visit("vocabulary_size", value.vocabulary_size);
    visit("parameter_count", value.parameter_count);
    visit("tower_parameter_count", value.tower_parameter_count);
    visit("active_parameter_count", value.active_parameter_count);
    visit("fork_of", OrNull{value.fork_of});
    bool known = value.support != Support::unknown;
    visit("architecture_known", known);
    if constexpr (!std::is_const_v<T>)
        if (known != (value.support != Support::unknown)) value.support = known ? Support::known : Support::unknown;
    visit("causal", value.causal);
    visit("mla", value.mla);
    visit("sinks", value.sinks);
    visit("window_looks_back", value.window_looks_back);
    visit("attention_softcap", WhereAny{value.attention_softcap});
    visit("final_softcap", WhereAny{value.final_softcap});
    visit("sliding_window", value.window);
    visit("rope_type", value.rope.type);
    visit("rope", value.rope);
    visit("layers", value.layers);
    visit("memory_plan", value.memory);
    visit("memory_plan_mtp", WhereAny{value.memory_mtp});
}

// What visit_fields takes.
template <class T>
concept Visited = requires(T& value) {
    visit_fields(value, [](std::string_view, auto&&) {});
};

}  // namespace attnx::model
