// attention.rope_pattern: which layers rotate, one flag per layer.
#pragma once

#include <fmt/format.h>

#include "families.h"

namespace attnx::model {

inline void set_rotated(const std::vector<std::uint32_t>& flags, Draft& draft, Hparams& hparams) {
    draft.rotated.assign(draft.layer_count_all, true);
    for (std::size_t i = 0; i < flags.size() && i < draft.rotated.size(); ++i) draft.rotated[i] = flags[i] != 0;
    hparams.fact_from_key("rope/layers", "per layer", "attention.rope_pattern");
}

// An array of any length; layers beyond its end rotate.
inline void rotate_by_flags(Need need, Draft& draft, Hparams& hparams) {
    if (const auto flags = hparams.u32_array("attention.rope_pattern", need)) set_rotated(*flags, draft, hparams);
}

}  // namespace attnx::model
