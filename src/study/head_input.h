// study: what the output head reads of each token, and what it says. Private to study.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "attnx/base/checked.h"
#include "attnx/forward/session.h"
#include "attnx/trace/sink.h"

namespace attnx::study {

inline constexpr std::size_t kRowsAtOnce = 32;  // of logits, which are large

// each(token, logits): what is said after each of these rows of the stream, in their order; nothing without an output
// head.
template <class Each>
void each_saying(forward::Session& session, std::span<const float> rows, std::size_t width, const Each& each) {
    const std::size_t tokens = width == 0 ? 0 : rows.size() / width;
    for (std::size_t first = 0; first < tokens; first += kRowsAtOnce) {
        const std::size_t count = std::min(kRowsAtOnce, tokens - first);
        const std::vector<float> logits = session.logits(part(rows, first * width, count * width, "the stream"));
        const std::size_t vocabulary = logits.size() / count;
        for (std::size_t i = 0; i < count && vocabulary > 0; ++i)
            each(first + i, part(std::span<const float>(logits), i * vocabulary, vocabulary, "logits"));
    }
}

class HeadInput : public trace::Sink {
public:
    bool wants_head_input() override { return true; }
    void head_input(std::span<const float> values, std::uint32_t width) override {
        rows_.assign(values.begin(), values.end());
        width_ = width;
    }

    std::size_t tokens() const { return width_ == 0 ? 0 : rows_.size() / width_; }

    // What is said after some tokens, [count, vocabulary]; empty without an output head.
    std::vector<float> saying(forward::Session& session, std::size_t first, std::size_t count) const {
        return session.logits(part(std::span<const float>(rows_), first * width_, count * width_, "the stream"));
    }

    // Of all tokens.
    template <class Each>
    void each_saying(forward::Session& session, const Each& each) const {
        study::each_saying(session, rows_, width_, each);
    }

private:
    std::vector<float> rows_;
    std::size_t width_ = 0;
};

}  // namespace attnx::study
