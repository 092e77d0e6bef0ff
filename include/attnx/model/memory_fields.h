// model: the fields of a MemoryPlan, listed once, so that whoever writes it (JSON) and whoever reads it back
// cannot disagree.
//
//   visit_fields(plan, [&](std::string_view name, auto& field) { … });
//
// `field` is a number, a bool, a string, an enumerator, a vector of uint32 or strings, or a vector of structs
// that visit_fields takes in turn. Names are stable: they are keys of the JSON contract.
#pragma once

#include <concepts>
#include <type_traits>

#include "attnx/model/spec.h"

namespace attnx::model {

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

}  // namespace attnx::model
