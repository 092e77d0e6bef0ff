#include "attnx/study/compare.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "attnx/analysis/answer_distance.h"
#include "attnx/base/checked.h"
#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "attnx/forward/session.h"
#include "attnx/model/visible.h"
#include "attnx/trace/attention.h"
#include "attnx/trace/fan_out.h"
#include "counter.h"
#include "head_input.h"
#include "map_distance.h"
#include "turns.h"

namespace attnx::study {
namespace {

using Layers = std::set<std::uint32_t>;

void expect_the_same_tokens(const Side& a, const Side& b) {
    const auto [first, other] = std::ranges::mismatch(a.prompt.ids, b.prompt.ids);
    if (first == a.prompt.ids.end() && other == b.prompt.ids.end()) return;
    const auto text = [](const Prompt& prompt, auto place) {
        return place == prompt.ids.end() ? std::string("nothing")
                                         : fmt::format("{} ({})", *place, printable(prompt.piece(*place)));
    };
    throw Error(ErrorCode::refused,
                fmt::format("the two models do not read the same tokens: token {} is {} and {}; give ids that mean the "
                            "same to both with --tokens",
                            first - a.prompt.ids.begin(), text(a.prompt, first), text(b.prompt, other)),
                {b.file.path(), std::nullopt, {}});
}

// Layers that attend with as many heads in both; what only one of them has goes to `left_out`.
Layers comparable_layers(const Side& a, const Side& b, std::vector<std::uint32_t>& left_out) {
    Layers layers;
    const auto heads = [](const model::ModelSpec& spec, std::uint32_t layer) {
        return layer < spec.layers.size() && model::attends(spec.layers[layer]) ? spec.layers[layer].head_count : 0;
    };
    const auto all = static_cast<std::uint32_t>(std::max(a.spec.layers.size(), b.spec.layers.size()));
    for (std::uint32_t layer = 0; layer < all; ++layer) {
        const std::uint32_t left = heads(a.spec, layer), right = heads(b.spec, layer);
        if (left != 0 && left == right) layers.insert(layer);
        else if (left != 0 || right != 0) left_out.push_back(layer);
    }
    if (layers.empty())
        throw Error(ErrorCode::not_found, "no layer computes softmax attention with as many heads in both models",
                    {b.file.path(), std::nullopt, {}});
    return layers;
}

// What the first model did, until the second has done the same.
struct Remembered {
    std::map<std::uint32_t, trace::AttentionMap> maps;
    std::map<std::size_t, std::vector<float>> said;  // by token
};

// Keeps what the first model does, and hands over after each layer.
class First final : public trace::Sink {
public:
    First(const Layers& layers, Turns& turns, Remembered& into) : layers_(layers), turns_(turns), into_(into) {}

    bool wants_attention(std::uint32_t layer) override { return layers_.contains(layer); }
    void attention(const trace::AttentionRows& rows) override { into_.maps[rows.layer].store(rows); }
    bool wants_block_output(std::uint32_t layer) override { return layers_.contains(layer); }
    void block_output(std::uint32_t /*layer*/, std::span<const float> /*values*/, std::uint32_t /*width*/) override {
        turns_.hand_over();
    }

    void hear(std::size_t token, std::span<const float> values) {
        into_.said[token].assign(values.begin(), values.end());
        if (!turns_.hand_over()) into_.said.clear();  // nobody listens
    }

private:
    const Layers& layers_;
    Turns& turns_;
    Remembered& into_;
};

// Holds what the second model does against what the first did.
class Comparison final : public trace::Sink {
public:
    Comparison(const model::ModelSpec& spec, const Layers& layers, Turns& turns, Remembered& other)
        : turns_(turns), other_(other) {
        for (const std::uint32_t layer : layers) distances_.expect(layer, spec.layers[layer].head_count);
    }

    bool wants_attention_at_once(std::uint32_t layer) override { return distances_.has(layer); }
    void attention_at_once(const trace::AttentionRows& rows) override {
        distances_.add(rows, other_.maps.at(rows.layer));
    }
    bool wants_block_output(std::uint32_t layer) override { return distances_.has(layer); }
    void block_output(std::uint32_t layer, std::span<const float> /*values*/, std::uint32_t /*width*/) override {
        other_.maps.erase(layer);
        turns_.hand_over();
    }

    void hear(std::size_t token, std::span<const float> values) {
        const auto other = other_.said.extract(token);
        if (!other.empty() && other.mapped().size() == values.size())
            answers_.hear(analysis::NextToken(other.mapped()), analysis::NextToken(values));
        turns_.hand_over();
    }

    void finish(std::size_t tokens, Compared& into) const {
        into.heads = distances_.means(tokens);
        if (!answers_.heard()) return;
        into.kl_last = answers_.kl_last();
        into.kl_mean = answers_.kl_mean();
        into.top1_agreement = answers_.top1_agreement();
    }

private:
    Turns& turns_;
    Remembered& other_;
    HeadDistances distances_;
    analysis::AnswerDistance answers_;
};

// Both sessions at once, and the maps of so many layers and what is said after so many tokens between them.
void refuse_both(const Side& a, const forward::Session& left, const forward::Session& right, const Layers& maps,
                 std::uint64_t said, const Run& run) {
    const std::uint64_t tokens = a.prompt.ids.size();
    std::vector<Need> needs = left.needs(tokens);
    for (Need& need : right.needs(tokens)) needs.push_back(std::move(need));
    const std::vector<std::uint32_t> kept(maps.begin(), maps.end());
    needs.push_back(forward::map_needs(left.graph(), kept, tokens));
    needs.push_back({fmt::format("logits of {} tokens", said),
                     times(times(add_up(said, 2 * kRowsAtOnce), a.spec.vocabulary_size), sizeof(float))});
    refuse_beyond(needs, run.max_memory, a.file.path());
}

std::uint32_t layer_of_most_heads(const model::ModelSpec& spec, const Layers& layers) {
    return *std::ranges::max_element(layers, {}, [&](std::uint32_t layer) { return spec.layers[layer].head_count; });
}

template <class Listener>
void feed(forward::Session& session, const Side& side, trace::FanOut listeners, Listener& listener) {
    HeadInput head;
    listeners.add(listener);
    listeners.add(head);
    session.feed(side.prompt.ids, listeners);
    head.each_saying(session, [&](std::size_t token, std::span<const float> logits) { listener.hear(token, logits); });
}

}  // namespace

Compared compare(const Side& a, const Side& b, const Run& run, Onlooker* onlooker) {
    expect_the_same_tokens(a, b);
    Compared result;
    const Layers layers = comparable_layers(a, b, result.left_out);
    result.tokens = tokens_of(a.prompt);
    result.numerics = to_string(run.numerics);
    const std::uint64_t tokens = result.tokens.size();
    forward::Session left(a.file, a.spec, run.session(tokens)), right(b.file, b.spec, run.session(tokens));
    refuse_both(a, left, right, {layer_of_most_heads(a.spec, layers)}, 1, run);
    for (const auto& [side, session] : {std::pair(&a, &left), std::pair(&b, &right)}) {
        append(result.findings, side->spec.findings);
        append(result.findings, session->graph().findings);
    }

    Onlooker nobody;
    Onlooker& told = onlooker != nullptr ? *onlooker : nobody;
    Counter counter(told, layers);
    std::uint64_t weights = 0;
    for (const std::uint32_t layer : layers) weights += 2 * a.spec.layers[layer].head_count * tokens * tokens;
    trace::FanOut listeners({&counter});
    for (trace::Sink* sink : told.attends(result.tokens, weights)) listeners.add(*sink);

    Turns turns;
    Remembered remembered;
    First first(layers, turns, remembered);
    Comparison comparison(b.spec, layers, turns, remembered);
    turns.run([&] { feed(left, a, listeners, first); }, [&] { feed(right, b, listeners, comparison); },
              [&] { refuse_both(a, left, right, layers, tokens, run); });
    comparison.finish(tokens, result);
    return result;
}

}  // namespace attnx::study
