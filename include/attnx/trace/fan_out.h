// trace: several listeners to one forward pass.
#pragma once

#include <initializer_list>
#include <vector>

#include "attnx/trace/sink.h"

namespace attnx::trace {

// Tells each sink, in the order they were added, what it wants. They must outlive it.
class FanOut final : public Sink {
public:
    FanOut(std::initializer_list<Sink*> sinks) : sinks_(sinks) {}
    void add(Sink& sink) { sinks_.push_back(&sink); }

    bool wants_attention(std::uint32_t layer) override;
    void attention(const AttentionRows& rows) override;
    bool wants_attention_at_once(std::uint32_t layer) override;
    void attention_at_once(const AttentionRows& rows) override;
    bool wants_vectors(std::uint32_t layer) override;
    void vectors(const HeadVectors& vectors) override;
    bool wants_embedding() override;
    void embedding(std::span<const float> values, std::uint32_t width) override;
    bool wants_scoring(std::uint32_t layer) override;
    void scoring(const Scoring& scoring) override;
    bool wants_block_output(std::uint32_t layer) override;
    void block_output(std::uint32_t layer, std::span<const float> values, std::uint32_t width) override;
    bool wants_head_input() override;
    void head_input(std::span<const float> values, std::uint32_t width) override;
    bool wants_head_input_after(std::uint32_t layer) override;
    void head_input_after(std::uint32_t layer, std::span<const float> values, std::uint32_t width) override;
    bool wants_final_norm() override;
    void final_norm(std::span<const float> values, std::uint32_t width) override;

private:
    std::vector<Sink*> sinks_;
};

}  // namespace attnx::trace
