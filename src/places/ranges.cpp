#include "ranges.h"

#include <algorithm>

namespace attnx::places {

void Ranges::add(ByteRange range) {
    if (range.size() == 0) return;
    auto part = ends_.upper_bound(range.first);
    if (part != ends_.begin() && std::prev(part)->second + slack_ >= range.first) --part;
    while (part != ends_.end() && part->first <= range.end + slack_) {
        range = {std::min(range.first, part->first), std::max(range.end, part->second)};
        part = ends_.erase(part);
    }
    ends_[range.first] = range.end;
}

void Ranges::remove(ByteRange range) {
    auto part = ends_.upper_bound(range.first);
    if (part != ends_.begin()) --part;
    while (part != ends_.end() && part->first < range.end) {
        const auto [first, end] = *part;
        if (end <= range.first) {
            ++part;
            continue;
        }
        part = ends_.erase(part);
        if (first < range.first) ends_[first] = range.first;
        if (end > range.end) ends_[range.end] = end;
    }
}

ByteRange Ranges::around(std::uint64_t at) const {
    const auto next = ends_.upper_bound(at);
    if (next == ends_.begin() || std::prev(next)->second <= at) return {at, at};
    return {std::prev(next)->first, std::prev(next)->second};
}

ByteRange Ranges::gap(ByteRange within) const {
    const std::uint64_t first = std::min(around(within.first).end, within.end);
    const auto next = ends_.upper_bound(first);
    return {first, next == ends_.end() ? within.end : std::min(next->first, within.end)};
}

std::uint64_t Ranges::bytes() const {
    std::uint64_t sum = 0;
    for (const auto& [first, end] : ends_) sum += end - first;
    return sum;
}

}  // namespace attnx::places
