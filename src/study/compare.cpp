#include "attnx/study/compare.h"

#include <algorithm>
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

// What the first model did is kept while either runs.
template <class Each>
void feed(const Side& side, const Layers& layers, const Run& run, trace::FanOut listeners, Findings& findings,
          const Each& each_saying) {
    const std::uint64_t tokens = side.prompt.ids.size();
    forward::Session session(side.file, side.spec, run.session(tokens));
    std::vector<Need> needs = session.needs(tokens);
    const std::vector<std::uint32_t> kept(layers.begin(), layers.end());
    needs.push_back(forward::map_needs(session.graph(), kept, tokens));
    needs.push_back({fmt::format("logits of {} tokens", tokens),
                     times(times(add_up(tokens, kRowsAtOnce), side.spec.vocabulary_size), sizeof(float))});
    refuse_beyond(needs, run.max_memory, side.file.path());
    HeadInput head;
    listeners.add(head);
    session.feed(side.prompt.ids, listeners);
    head.each_saying(session, each_saying);
    append(findings, side.spec.findings);
    append(findings, session.graph().findings);
}

}  // namespace

Compared compare(const Side& a, const Side& b, const Run& run, Onlooker* onlooker) {
    expect_the_same_tokens(a, b);
    Compared result;
    const Layers layers = comparable_layers(a, b, result.left_out);
    result.tokens = tokens_of(a.prompt);
    Onlooker nobody;
    Onlooker& told = onlooker != nullptr ? *onlooker : nobody;
    Counter counter(told, layers);
    std::uint64_t weights = 0;
    for (const std::uint32_t layer : layers)
        weights += 2 * a.spec.layers[layer].head_count * std::uint64_t{result.tokens.size()} * result.tokens.size();
    trace::FanOut listeners({&counter});
    for (trace::Sink* sink : told.attends(result.tokens, weights)) listeners.add(*sink);

    trace::AttentionRecorder recorder(layers);
    std::vector<std::vector<float>> said;
    trace::FanOut first = listeners;
    first.add(recorder);
    feed(a, layers, run, first, result.findings,
         [&](std::size_t, std::span<const float> logits) { said.emplace_back(logits.begin(), logits.end()); });
    MapDistance distance(recorder.maps());
    listeners.add(distance);
    analysis::AnswerDistance answers;
    feed(b, layers, run, listeners, result.findings, [&](std::size_t token, std::span<const float> logits) {
        if (token < said.size() && said[token].size() == logits.size())
            answers.hear(analysis::NextToken(said[token]), analysis::NextToken(logits));
    });
    result.heads = distance.heads(result.tokens.size());
    if (!answers.heard()) return result;
    result.kl_last = answers.kl_last();
    result.kl_mean = answers.kl_mean();
    result.top1_agreement = answers.top1_agreement();
    return result;
}

}  // namespace attnx::study
