// report: rows of attention as they are drawn and listed. Private to report.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "attnx/report/attend.h"

namespace attnx::report {

// One head, or the mean of those looked at, of a layer whose map is kept: weighted and scaled as `changes` say, NaN
// where the query sees nothing. The first token's column is still there. Keeps what it refers to.
view::RowSource attention_rows(const model::ModelSpec& spec, const std::shared_ptr<const study::Attended>& attended,
                               std::uint32_t layer, std::optional<std::uint32_t> head, const RowChanges& changes);

// The same after all layers up to this one.
view::RowSource rollout_rows(const std::shared_ptr<const study::Attended>& attended, std::uint32_t layer);

view::RowSource without_first(view::RowSource rows, bool drop);

// ", without the first token, scaled to sum to 1": for titles.
std::string changes_text(const RowChanges& changes);

}  // namespace attnx::report
