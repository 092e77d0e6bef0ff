// text: the merge loop that SentencePiece BPE and byte-level BPE share.
//
// A text starts as a chain of symbols (characters). As long as two neighbours may be merged, the best pair
// is, leftmost first among equals. The chain is a doubly linked list in one array and the candidates are a
// heap, so n symbols cost n log n.
#pragma once

#include <cstdint>
#include <queue>
#include <string_view>
#include <vector>

namespace attnx::text {

inline constexpr std::uint32_t kNoSymbol = 0xFFFFFFFF;

struct Symbol {
    std::string_view text;  // empty: merged away
    std::uint32_t previous = kNoSymbol;
    std::uint32_t next = kNoSymbol;
};

// `Priority` is smaller for better pairs; rate(left, right) is the priority of merging two neighbours, or
// nothing.
template <class Priority, class Rate>
class MergeQueue {
public:
    MergeQueue(std::vector<Symbol>& symbols, Rate& rate) : symbols_(symbols), rate_(rate) {}

    void run() {
        for (std::uint32_t right = 1; right < symbols_.size(); ++right) offer(right - 1, right);
        while (!candidates_.empty()) {
            const Candidate best = candidates_.top();
            candidates_.pop();
            Symbol& left = symbols_[best.left];
            Symbol& right = symbols_[best.right];
            // Out of date when either side has been merged since.
            if (left.text.empty() || right.text.empty() || left.text.size() + right.text.size() != best.bytes) continue;
            left.text = {left.text.data(), best.bytes};
            right.text = {};
            left.next = right.next;
            if (left.next != kNoSymbol) symbols_[left.next].previous = best.left;
            offer(left.previous, best.left);
            offer(best.left, left.next);
        }
    }

private:
    struct Candidate {
        Priority priority;
        std::uint32_t left, right;
        std::size_t bytes;  // of both together

        bool operator<(const Candidate& other) const {  // for a heap whose top is the greatest
            return priority != other.priority ? priority > other.priority : left > other.left;
        }
    };

    void offer(std::uint32_t left, std::uint32_t right) {
        if (left == kNoSymbol || right == kNoSymbol) return;
        const std::string_view a = symbols_[left].text, b = symbols_[right].text;
        if (const auto priority = rate_(a, b)) candidates_.push(Candidate{*priority, left, right, a.size() + b.size()});
    }

    std::vector<Symbol>& symbols_;
    Rate& rate_;
    std::priority_queue<Candidate> candidates_;
};

// Characters of `text` by their first bytes, linked.
std::vector<Symbol> chain_of_characters(std::string_view text);

}  // namespace attnx::text
