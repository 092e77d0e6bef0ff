// study: one layer looked at closely: its map as a matrix, and one weight worked out.
//
//   const study::Matrix map = study::attention_matrix(file, spec, prompt, {.layer = 3});
//   const auto edges = analysis::attention_edges(map.weights, {.threshold = 0.1, .visible = map.visible()});
//   const study::Explained why = study::explain(file, spec, prompt, {.layer = 3, .head = 1, .query = 5});
//   why.explanation.keys[2].weight;
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "attnx/analysis/attention_graph.h"
#include "attnx/analysis/explain.h"
#include "attnx/model/visible.h"
#include "attnx/study/attend.h"

namespace attnx::study {

struct LayerQuestion {
    std::uint32_t layer = 0;
    std::optional<std::uint32_t> head = {};  // nothing: the mean of all
    Run run = {};
};

struct Matrix {
    std::vector<Token> tokens;
    analysis::SquareMatrix weights;
    model::Mask mask;
    std::string_view numerics;  // forward::kNumerics
    Findings findings;

    // What GraphOptions ask.
    std::function<bool(std::uint32_t, std::uint32_t)> visible() const;
};

// Throws what attend() throws. Memory: one matrix beside the run.
Matrix attention_matrix(const gguf::File& file, const model::ModelSpec& spec, const Prompt& prompt,
                        const LayerQuestion& question, Onlooker* onlooker = nullptr);

struct WeightQuestion {
    std::uint32_t layer = 0, head = 0, query = 0;
    std::optional<std::uint32_t> key = {};  // whose product is taken apart; nothing: the one that weighs most
    Run run = {};
};

struct Explained {
    std::vector<Token> tokens = {};
    std::uint32_t layer = 0, head = 0, query = 0, key = 0;
    std::uint32_t head_count = 0, kv_head_count = 0;  // as computed: compressed keys are one for all
    model::KeyRange visible = {};
    double scale = 1;
    std::optional<double> softcap = {};
    bool gated = false;  // what the head adds is gated by the text, which moved_norm and output_norm leave out
    analysis::Explanation explanation = {};
    std::vector<analysis::Product> products = {};  // of the query and the key
    std::string_view numerics = {};                // forward::kNumerics
    Findings findings = {};

    std::uint32_t kv_head() const { return trace::kv_head_of(head, head_count, kv_head_count); }
    std::vector<std::uint32_t> mates() const;  // all heads that share its keys, itself among them
};

// Throws not_found when there is no such query, or the query does not see the key; what attend() throws.
Explained explain(const gguf::File& file, const model::ModelSpec& spec, const Prompt& prompt,
                  const WeightQuestion& question, Onlooker* onlooker = nullptr);

}  // namespace attnx::study
