#include "text_index.h"

#include <algorithm>
#include <bit>
#include <functional>

namespace attnx::text {

TextIndex::TextIndex(std::size_t capacity, Equal equal) : slots_(std::bit_ceil(2 * capacity + 2)), equal_(equal) {}

// The slot that holds `text`, or the free one where it would go.
std::size_t TextIndex::slot_of(std::string_view text) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = std::hash<std::string_view>{}(text)&mask;
    while (slots_[at].text && std::string_view(slots_[at].text, slots_[at].size) != text) at = (at + 1) & mask;
    return at;
}

void TextIndex::insert(std::string_view text, std::uint32_t number) {
    Slot& slot = slots_[slot_of(text)];
    longest_ = std::max(longest_, text.size());
    if (slot.text && equal_ == Equal::keep_first) return;
    slot = {text.data(), static_cast<std::uint32_t>(text.size()), number};
}

std::optional<std::uint32_t> TextIndex::find(std::string_view text) const {
    const Slot& slot = slots_[slot_of(text)];
    return slot.text ? std::optional(slot.number) : std::nullopt;
}

}  // namespace attnx::text
