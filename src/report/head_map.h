// report: one number of each head, layers by heads. Private to report.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "attnx/view/document.h"

namespace attnx::report {

struct HeadNumber {
    std::uint32_t layer = 0, head = 0;
    std::optional<double> number = {};
};

// A row for each layer that has some, in order; blank where there is no number. Title, range and tint are the caller's.
view::Matrix head_map(const std::vector<HeadNumber>& heads);

}  // namespace attnx::report
