// The stages of reading hyper-parameters, in llama.cpp's order (llama-model.cpp:1064-1246, then
// models/*.cpp).
#pragma once

#include "arch/traits.h"
#include "attnx/model/hparams.h"
#include "census.h"

namespace attnx::model {

// What every architecture reads: layers, width, context, heads, head dimensions, rope, experts.
// Throws missing_key, wrong_type, bad_value when not even layers can be told.
Draft read_common(const ArchTraits& row, Hparams& hparams, const Census& census);

// rope.scaling.type as llama.cpp knows it.
bool is_known_scaling(std::string_view type);

// What this architecture's row reads: its keys, windows, prediction layers, recurrent layers, its refine().
void read_row(const ArchTraits& row, Draft& draft, Hparams& hparams, const Census& census);

// Whether a layer slides when one of each `period` is full: the last, or the first. Period 0: every layer
// slides; 1: none.
bool slides(std::uint32_t layer, std::uint32_t period, bool first_full);

// Which layers slide; and the window's type, size and rope base.
void read_window(const WindowTraits& window, Draft& draft, Hparams& hparams);
void read_window_pattern(const WindowTraits& window, Draft& draft, Hparams& hparams);

// Which layers carry a recurrent state.
void read_recurrent(const ArchTraits& row, Draft& draft, Hparams& hparams, const Census& census);

// "4" or "0-3: 8; 4: 2".
std::string summarise(const std::vector<std::uint32_t>& per_layer);
// "0-4, 6" or "none" or "all".
std::string list_layers(const std::vector<bool>& flags);

}  // namespace attnx::model
