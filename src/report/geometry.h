// report: what several reports say of a model's shape.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attnx/model/spec.h"

namespace attnx::report {

// The value all layers share, or nothing where they differ (or there are none).
std::optional<std::uint32_t> uniform(const model::ModelSpec& spec, std::uint32_t model::LayerSpec::*field);

// "MHA", "GQA", "MQA" or "MLA", of a layer that attends.
std::string attention_kind(const model::LayerSpec& layer);

// The same of all such layers, "none" or, where attention layers differ, "mixed".
std::string attention_kind(const model::ModelSpec& spec);

// Query heads per KV head; nothing where there are no KV heads or they do not divide.
std::optional<double> gqa_ratio(const model::LayerSpec& layer);

// "8", or "4 … 16" where the layers that attend differ; "–" when there are none.
std::string range_text(const model::ModelSpec& spec, std::uint32_t model::LayerSpec::*field);

}  // namespace attnx::report
