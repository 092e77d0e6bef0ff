// report: attention as matrices, grids and curves. Private to report.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "attnx/report/attend.h"

namespace attnx::report {

// Of the heads looked at, all together.
analysis::HeadMetrics merged(const study::Attended& attended, std::uint32_t layer);

const model::LayerSpec* layer_of(const model::ModelSpec& spec, std::uint32_t index);

// " (window 16)", or nothing.
std::string window_note(const model::ModelSpec& spec, std::uint32_t layer);

// Heads that share keys and values stand in one bracket, where it is the same in all layers, or in `layer`. An axis
// without labels has a place for every head.
void bracket_heads(view::Axis& heads, const model::ModelSpec& spec, std::optional<std::uint32_t> layer = {});

// What a map that is drawn shows: the one head there is or was asked for, or nothing, the mean; and its rows, with the
// first token's column.
std::optional<std::uint32_t> head_drawn(const study::Attended& attended, const DrawnMap& drawn);
view::RowSource rows_drawn(const model::ModelSpec& spec, const std::shared_ptr<const study::Attended>& attended,
                           const DrawnMap& drawn);

// One head, or the mean of those looked at; and all heads looked at, side by side. Masked cells are blank, so that "may
// not look" and "does not look" differ. Both keep what they refer to.
view::Matrix attention_matrix(const model::ModelSpec& spec, const std::shared_ptr<const study::Attended>& attended,
                              const DrawnMap& drawn);
view::Grid attention_grid(const model::ModelSpec& spec, const std::shared_ptr<const study::Attended>& attended,
                          const DrawnMap& drawn);

// Weight on the first token, the token before and the token itself, by layer.
view::Curves flow_curves(const study::Attended& attended);

}  // namespace attnx::report
