// text: which of many texts begin at a place. Sorted texts, narrowed byte by byte: as a trie walks, without
// building one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace attnx::text {

// Views its texts, which must outlive it. Const use from several threads is safe.
class PrefixTree {
public:
    // Of equal texts the last counts; empty ones count never.
    explicit PrefixTree(std::vector<std::pair<std::string_view, std::uint32_t>> entries);

    // Calls visit(length, number) for each text that `subject` begins with, shortest first.
    // Returns how many bytes of `subject` begin some text (as deep as a trie would go). Cost: depth ·
    // log(texts).
    template <class Visit>
    std::size_t walk(std::string_view subject, Visit&& visit) const {
        std::size_t depth = 0;
        for (Range range = enter(subject); range.begin != range.end; range = narrow(range, depth, subject)) {
            ++depth;
            if (texts_[range.begin].size() == depth) {
                visit(depth, numbers_[range.begin]);
                ++range.begin;
            }
            if (depth == subject.size()) break;
        }
        return depth;
    }

    struct Longest {
        std::size_t length;
        std::uint32_t number;
    };
    std::optional<Longest> longest(std::string_view subject) const;

private:
    struct Range {
        std::uint32_t begin, end;
    };
    Range enter(std::string_view subject) const;
    // Of texts that share `depth` bytes and are longer, those that continue as `subject` does.
    Range narrow(Range range, std::size_t depth, std::string_view subject) const;

    std::vector<std::string_view> texts_;
    std::vector<std::uint32_t> numbers_;
    std::array<std::uint32_t, 257> first_byte_{};  // texts that begin with byte b: [first_byte_[b], first_byte_[b + 1])
};

}  // namespace attnx::text
