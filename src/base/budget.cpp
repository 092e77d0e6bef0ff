#include "attnx/base/budget.h"

#include <fmt/format.h>

#include <algorithm>

#include "attnx/base/checked.h"
#include "attnx/base/error.h"
#include "attnx/base/units.h"

namespace attnx {

void refuse_beyond(std::span<const Need> needs, std::uint64_t most, const std::string& path) {
    std::uint64_t all = 0;
    for (const Need& need : needs) all = add_up(all, need.bytes);
    if (all <= most) return;
    const Need& largest =
        *std::max_element(needs.begin(), needs.end(), [](const Need& a, const Need& b) { return a.bytes < b.bytes; });
    throw Error(
        ErrorCode::refused,
        fmt::format("{} in memory are needed, of them {} for {}; more than {} is not taken unasked (--max-memory)",
                    format_bytes(all), format_bytes(largest.bytes), largest.what, format_bytes(most)),
        {path, {}, {}});
}

}  // namespace attnx
