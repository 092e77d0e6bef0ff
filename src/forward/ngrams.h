// A memory of n-grams: rows of a large table, found by hashes of a token and those before it, are added to the residual
// streams, as far as they match what is there. DeepSeek-V4.1 calls it an engram; Qwen 4 also convolves what it adds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "attnx/model/graph.h"
#include "kernel.h"
#include "mixers/conv.h"
#include "mixers/mixer.h"
#include "ops/norm.h"
#include "weights.h"

namespace attnx::forward {

// Hashes n-grams and reads their rows.
class NgramTable {
public:
    NgramTable() = default;
    NgramTable(const model::NgramPlan& plan, const Tensors& model_tensors);

    std::size_t columns() const;  // of what a token gets
    Matrix look_up(std::span<const std::uint32_t> tokens);
    void reset() { earlier_.clear(); }

private:
    std::optional<std::uint64_t> mapped(std::uint32_t token) const;  // nothing: it is none
    std::vector<std::uint64_t> context(std::span<const std::uint32_t> tokens, std::size_t last) const;

    model::NgramPlan plan_;
    Weight table_;
    std::vector<std::uint32_t> earlier_;  // the last tokens of those before
};

class NgramMemory {
public:
    explicit NgramMemory(const MixerParts& parts);

    void add_to(Traced& streams, Pass& pass);
    void reset();

private:
    Matrix gates(const Matrix& streams, const Matrix& keys) const;  // [tokens, count]

    std::size_t count_, width_;
    NormRule rule_;
    NgramTable table_;
    Linear key_value_, key_, value_;  // one matrix, or two
    std::vector<float> match_;        // of each product of a key and a stream, [count, width]
    std::vector<float> conv_gains_;
    std::optional<TimeConv> conv_;
};

}  // namespace attnx::forward
