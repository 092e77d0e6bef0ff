#include "prefix_tree.h"

#include <algorithm>

namespace attnx::text {

PrefixTree::PrefixTree(std::vector<std::pair<std::string_view, std::uint32_t>> entries) {
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    texts_.reserve(entries.size());
    numbers_.reserve(entries.size());
    for (const auto& [text, number] : entries) {
        if (text.empty()) continue;
        if (!texts_.empty() && texts_.back() == text) {
            numbers_.back() = number;
            continue;
        }
        texts_.push_back(text);
        numbers_.push_back(number);
    }
    for (const std::string_view text : texts_) ++first_byte_[static_cast<unsigned char>(text[0]) + 1u];
    for (std::size_t b = 0; b < 256; ++b) first_byte_[b + 1] += first_byte_[b];
}

PrefixTree::Range PrefixTree::enter(std::string_view subject) const {
    if (subject.empty()) return {0, 0};
    const auto first = static_cast<unsigned char>(subject[0]);
    return {first_byte_[first], first_byte_[first + 1u]};
}

PrefixTree::Range PrefixTree::narrow(Range range, std::size_t depth, std::string_view subject) const {
    const auto byte_of = [depth](std::string_view text) { return static_cast<unsigned char>(text[depth]); };
    const auto wanted = byte_of(subject);
    const auto first = texts_.begin();
    const auto low = std::partition_point(first + range.begin, first + range.end,
                                          [&](std::string_view text) { return byte_of(text) < wanted; });
    const auto high =
        std::partition_point(low, first + range.end, [&](std::string_view text) { return byte_of(text) == wanted; });
    return {static_cast<std::uint32_t>(low - first), static_cast<std::uint32_t>(high - first)};
}

std::optional<PrefixTree::Longest> PrefixTree::longest(std::string_view subject) const {
    std::optional<Longest> found;
    walk(subject, [&](std::size_t length, std::uint32_t number) { found = Longest{length, number}; });
    return found;
}

}  // namespace attnx::text
