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

class HeadInput : public trace::Sink {
public:
    static constexpr std::size_t kRowsAtOnce = 32;  // of logits, which are large

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

    // each(token, logits): what is said after each token, in their order; nothing without an output head.
    template <class Each>
    void each_saying(forward::Session& session, const Each& each) const {
        for (std::size_t first = 0; first < tokens(); first += kRowsAtOnce) {
            const std::size_t count = std::min(kRowsAtOnce, tokens() - first);
            const std::vector<float> logits = saying(session, first, count);
            const std::size_t vocabulary = logits.size() / count;
            for (std::size_t i = 0; i < count && vocabulary > 0; ++i)
                each(first + i, part(std::span<const float>(logits), i * vocabulary, vocabulary, "logits"));
        }
    }

private:
    std::vector<float> rows_;
    std::size_t width_ = 0;
};

}  // namespace attnx::study
