// report: layers as rows.
#pragma once

#include <string>

#include "attnx/model/spec.h"
#include "attnx/view/document.h"

namespace attnx::report {

// "18: 15 sliding attention, 3 full attention": how the layers divide, in order of first appearance.
std::string layers_text(const model::ModelSpec& spec);

// Query heads per KV head as an integer where it is one; null without KV heads.
view::Cell ratio_cell(const model::LayerSpec& layer);

// Tokens the layer's queries see at most; null where that is all before them, and for a layer that is not there.
view::Cell window_cell(const model::ModelSpec& spec, std::uint32_t layer);

// One row per layer, for scripts: `layers`.
view::Table layer_table(const model::ModelSpec& spec);

// Runs of equal layers folded into one row, for people.
view::Table folded_layers(const model::ModelSpec& spec);

}  // namespace attnx::report
