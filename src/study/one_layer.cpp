#include "attnx/study/one_layer.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "attnx/analysis/mean_map.h"
#include "attnx/base/error.h"

namespace attnx::study {
namespace {

// One more sink of the pass; the rest is another onlooker's.
class Listening final : public Onlooker {
public:
    Listening(trace::Sink& sink, Onlooker* other) : sink_(sink), other_(other != nullptr ? *other : nobody_) {}
    std::vector<trace::Sink*> attends(std::span<const Token> tokens, std::uint64_t weights) override {
        std::vector<trace::Sink*> sinks = other_.attends(tokens, weights);
        sinks.push_back(&sink_);
        return sinks;
    }
    void attended(std::uint64_t weights) override { other_.attended(weights); }

private:
    Onlooker nobody_;
    trace::Sink& sink_;
    Onlooker& other_;
};

std::uint32_t token_count(const Prompt& prompt) { return static_cast<std::uint32_t>(prompt.ids.size()); }

// Without a layer there are no heads: attend() says so.
Heads heads_of(const model::ModelSpec& spec, std::uint32_t layer, std::optional<std::uint32_t> head) {
    if (head) return {{layer, {*head}}};
    std::vector<std::uint32_t> all(layer < spec.layers.size() ? spec.layers[layer].head_count : 0);
    std::iota(all.begin(), all.end(), 0U);
    return {{layer, std::move(all)}};
}

}  // namespace

std::function<bool(std::uint32_t, std::uint32_t)> Matrix::visible() const {
    return [seen = mask, count = weights.size](std::uint32_t query, std::uint32_t key) {
        return visible_keys(seen, query, count).contains(key);
    };
}

Matrix attention_matrix(const gguf::File& file, const model::ModelSpec& spec, const Prompt& prompt,
                        const LayerQuestion& question, Onlooker* onlooker) {
    Question wanted{.heads = heads_of(spec, question.layer, question.head),
                    .threads = question.threads,
                    .max_memory = question.max_memory};
    analysis::MeanMapSink mean(question.layer, wanted.heads.at(question.layer), token_count(prompt));
    Listening listening(mean, onlooker);
    Attended attended = attend(file, spec, prompt, wanted, &listening);
    return {.tokens = std::move(attended.tokens),
            .weights = mean.mean(),
            .mask = mask_of(spec, spec.layers[question.layer]),
            .findings = std::move(attended.findings)};
}

}  // namespace attnx::study
