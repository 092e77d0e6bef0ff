#include "attnx/study/one_layer.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "attnx/analysis/mean_map.h"
#include "attnx/base/checked.h"
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
    const std::uint64_t count = token_count(prompt);
    const Need need{fmt::format("a map of {} tokens", count), times(times(count, count), 2 * sizeof(double))};
    refuse_beyond(std::span(&need, 1), question.run.max_memory, file.path());
    Question wanted{.heads = heads_of(spec, question.layer, question.head), .run = question.run};
    analysis::MeanMapSink mean(question.layer, wanted.heads.at(question.layer), token_count(prompt));
    Listening listening(mean, onlooker);
    Attended attended = attend(file, spec, prompt, wanted, &listening);
    return {.tokens = std::move(attended.tokens),
            .weights = mean.mean(),
            .mask = mask_of(spec, spec.layers[question.layer]),
            .numerics = attended.numerics,
            .findings = std::move(attended.findings)};
}

std::vector<std::uint32_t> Explained::mates() const {
    std::vector<std::uint32_t> heads;
    for (std::uint32_t h = 0; h < head_count; ++h)
        if (trace::kv_head_of(h, head_count, kv_head_count) == kv_head()) heads.push_back(h);
    return heads;
}

namespace {

model::KeyRange seen_by(const gguf::File& file, const model::ModelSpec& spec, const Prompt& prompt,
                        const WeightQuestion& question) {
    const Where where{file.path(), std::nullopt, {}};
    const std::uint32_t count = token_count(prompt);
    if (question.query >= count)
        throw Error(ErrorCode::not_found, fmt::format("there are {} tokens, no query {}", count, question.query),
                    where);
    if (question.layer >= spec.layers.size()) return {};  // attend() says so
    const auto seen = visible_keys(mask_of(spec, spec.layers[question.layer]), question.query, count);
    if (question.key && !seen.contains(*question.key))
        throw Error(ErrorCode::not_found,
                    fmt::format("query {} of layer {} sees the keys {} to {}, not {}", question.query, question.layer,
                                seen.first, seen.end - 1, *question.key),
                    where);
    return seen;
}

}  // namespace

Explained explain(const gguf::File& file, const model::ModelSpec& spec, const Prompt& prompt,
                  const WeightQuestion& question, Onlooker* onlooker) {
    Explained why{.layer = question.layer, .head = question.head, .query = question.query};
    why.visible = seen_by(file, spec, prompt, question);
    analysis::ExplainSink sink({.layer = question.layer,
                                .head = question.head,
                                .query = question.query,
                                .first_key = static_cast<std::uint32_t>(why.visible.first),
                                .end_key = static_cast<std::uint32_t>(why.visible.end)});
    Listening listening(sink, onlooker);
    Attended attended =
        attend(file, spec, prompt, {.heads = {{question.layer, {question.head}}}, .run = question.run}, &listening);
    why.tokens = std::move(attended.tokens);
    why.numerics = attended.numerics;
    why.findings = std::move(attended.findings);
    why.head_count = sink.heads();
    why.kv_head_count = sink.kv_heads();
    why.scale = sink.problem().scale;
    why.softcap = sink.problem().softcap;
    why.gated = sink.gated();
    why.explanation = sink.explanation();
    const auto& keys = why.explanation.keys;
    why.key = question.key.value_or(std::ranges::max_element(keys, {}, &analysis::ExplainedKey::weight)->key);
    why.products =
        analysis::products_of(sink.problem().query, sink.problem().keys.at(why.key - sink.problem().first_key));
    return why;
}

}  // namespace attnx::study
