// study: one layer looked at closely: its map as a matrix.
//
//   const study::Matrix map = study::attention_matrix(file, spec, prompt, {.layer = 3});
//   const auto edges = analysis::attention_edges(map.weights, {.threshold = 0.1, .visible = map.visible()});
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "attnx/analysis/attention_graph.h"
#include "attnx/base/budget.h"
#include "attnx/model/visible.h"
#include "attnx/study/attend.h"

namespace attnx::study {

struct LayerQuestion {
    std::uint32_t layer = 0;
    std::optional<std::uint32_t> head = {};  // nothing: the mean of all
    unsigned threads = 0;                    // 0: one per processor
    std::uint64_t max_memory = kMaxMemory;
};

struct Matrix {
    std::vector<Token> tokens;
    analysis::SquareMatrix weights;
    model::Mask mask;
    Findings findings;

    // What GraphOptions ask.
    std::function<bool(std::uint32_t, std::uint32_t)> visible() const;
};

// Throws what attend() throws. Memory: one matrix beside the run.
Matrix attention_matrix(const gguf::File& file, const model::ModelSpec& spec, const Prompt& prompt,
                        const LayerQuestion& question, Onlooker* onlooker = nullptr);

}  // namespace attnx::study
