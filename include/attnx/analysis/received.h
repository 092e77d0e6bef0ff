// analysis: what each key is paid.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "attnx/base/budget.h"
#include "attnx/model/visible.h"
#include "attnx/trace/sink.h"

namespace attnx::analysis {

// [head][key]: the mean of A[i][k] over the queries i that may see key k (Gu et al. 2024, arXiv 2410.10781: alpha_k);
// 0 where none may.
using Received = std::vector<std::vector<double>>;

// How many queries may see each key.
std::vector<std::uint32_t> queries_seeing(const model::Mask& mask, std::uint32_t tokens);

// The token beside the first that is paid most, these heads averaged.
struct SecondarySink {
    std::uint32_t layer = 0, position = 0;
    double mass = 0, uniform = 0;  // what it is paid, and would be under uniform attention
};
// Where it is paid more than three times as much as under uniform attention. Keys that fewer than eight queries see,
// and those mostly themselves, are left out.
std::optional<SecondarySink> secondary_sink(std::uint32_t layer, const Received& received,
                                            std::span<const std::uint32_t> heads, const model::Mask& mask);

// A sink that gathers it of every head of some layers, heads at once. Weights that are not finite count as 0.
class ReceivedSink final : public trace::Sink {
public:
    ReceivedSink(const model::ModelSpec& spec, std::uint32_t tokens, const std::set<std::uint32_t>& layers);

    static Need need(const model::ModelSpec& spec, std::uint64_t tokens, const std::set<std::uint32_t>& layers);

    bool wants_attention_at_once(std::uint32_t layer) override { return layers_.contains(layer); }
    void attention_at_once(const trace::AttentionRows& rows) override;

    std::map<std::uint32_t, Received> take();  // by layer

private:
    std::uint32_t tokens_;
    std::map<std::uint32_t, model::Mask> masks_;
    std::map<std::uint32_t, Received> layers_;  // sums
};

}  // namespace attnx::analysis
