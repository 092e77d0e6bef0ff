#include "attnx/study/attend.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "attnx/analysis/head_distances.h"
#include "attnx/analysis/rollout.h"
#include "attnx/analysis/stream_norms.h"
#include "attnx/base/checked.h"
#include "attnx/base/error.h"
#include "attnx/forward/session.h"
#include "attnx/model/visible.h"
#include "attnx/study/generate.h"
#include "attnx/text/delimiter.h"
#include "attnx/trace/fan_out.h"
#include "counter.h"
#include "heads.h"

namespace attnx::study {
namespace {

using Layers = std::set<std::uint32_t>;

Layers layers_of(const Heads& heads) {
    Layers layers;
    for (const auto& [layer, chosen] : heads) layers.insert(layer);
    return layers;
}

std::uint32_t last_layer(const Question& question, const Layers& looked_at) {
    std::uint32_t last = *looked_at.rbegin();
    if (question.rollout && !question.rollout->layers.empty())
        last = std::max(last, *question.rollout->layers.rbegin());
    return last;
}

std::set<std::uint32_t> measured_layers(const Question& question, const Layers& looked_at) {
    std::set<std::uint32_t> layers;
    for (std::uint32_t layer = 0; question.states && layer <= last_layer(question, looked_at); ++layer)
        layers.insert(layer);
    return layers;
}

// The session answers for itself; with what is held beside it, this does.
void refuse_too_much(const gguf::File& file, const model::ModelSpec& spec, const forward::Session& session,
                     const Question& question, const Layers& layers, std::uint64_t tokens) {
    const std::vector<std::uint32_t> maps(question.maps.begin(), question.maps.end());
    std::vector<Need> needs = session.needs(tokens);
    needs.push_back(forward::map_needs(session.graph(), maps, tokens));
    needs.back().what += question.maps_advice;
    if (question.rollout)
        needs.push_back({fmt::format("rollouts of {} tokens after {} layers", tokens, question.rollout->layers.size()),
                         times(times(tokens, tokens),
                               add_up(2 * sizeof(double), times(question.rollout->layers.size(), sizeof(float))))});
    if (question.moved_norms || question.rollout)
        needs.push_back(
            {fmt::format("values of {} tokens", tokens), times(tokens, times(sizeof(float), session.graph().width))});
    if (question.states)
        needs.push_back(analysis::StateSink::need(session.graph(), measured_layers(question, layers), tokens));
    if (question.received) needs.push_back(analysis::ReceivedSink::need(spec, tokens, layers));
    if (question.distances) needs.push_back(analysis::HeadDistanceSink::need(spec, tokens, layers));
    refuse_beyond(needs, question.run.max_memory, file.path());
}

// Layers through which a rollout goes.
std::set<std::uint32_t> rolled(const model::ModelSpec& spec, const RolloutQuestion& question) {
    std::set<std::uint32_t> layers;
    const std::uint32_t end = question.layers.empty() ? 0 : *question.layers.rbegin() + 1;
    for (std::uint32_t layer = 0; layer < end && layer < spec.layers.size(); ++layer)
        if (model::attends(spec.layers[layer])) layers.insert(layer);
    return layers;
}

// Whether all that passes between tokens in the layer is attention.
bool rolls(model::LayerKind kind) {
    using enum model::LayerKind;
    return kind == attention || kind == mla || kind == feed_forward || kind == linear || kind == empty;
}

void expect_rollout(const gguf::File& file, const model::ModelSpec& spec, const RolloutQuestion& question) {
    const std::uint32_t last = question.layers.empty() ? 0 : *question.layers.rbegin();
    for (std::uint32_t layer = 0; layer <= last && layer < spec.layers.size(); ++layer)
        if (!rolls(spec.layers[layer].kind))
            throw Error(ErrorCode::unsupported,
                        fmt::format("no rollout beyond layer {}, where tokens are mixed by {}", layer,
                                    to_string(spec.layers[layer].kind)),
                        {file.path(), std::nullopt, {}});
}

std::set<std::uint32_t> layers_with_lengths(const model::ModelSpec& spec, const Question& question) {
    std::set<std::uint32_t> layers = question.moved_norms ? question.maps : std::set<std::uint32_t>();
    if (question.rollout && question.rollout->value_weighted) layers.merge(rolled(spec, *question.rollout));
    return layers;
}

analysis::RolloutOptions rollout_options(const model::ModelSpec& spec, const Question& question,
                                         const analysis::MovedNormSink& moved, std::size_t tokens) {
    analysis::RolloutOptions options{.tokens = static_cast<std::uint32_t>(tokens),
                                     .kept = question.rollout->layers,
                                     .drop_first = question.rollout->drop_first};
    for (const std::uint32_t layer : rolled(spec, *question.rollout))
        options.heads[layer] = spec.layers[layer].head_count;
    if (question.rollout->value_weighted)
        options.lengths = [&moved](std::uint32_t layer, std::uint32_t head) {
            return moved.norms().at(layer).head(head);
        };
    return options;
}

// The pass that is looked at.
void look(const model::ModelSpec& spec, forward::Session& session, const Prompt& prompt, const Question& question,
          Onlooker& onlooker, Attended& attended) {
    const Layers layers = layers_of(attended.heads);
    const auto tokens = static_cast<std::uint32_t>(prompt.ids.size());
    const std::vector<std::uint32_t> delimiters = delimiters_of(attended.tokens);
    analysis::MetricsSink metrics(spec, {tokens, prompt.ids, delimiters, question.repeat}, layers);
    trace::AttentionRecorder recorder(question.maps);
    analysis::NormSink norms(question.norms ? layers : Layers{});
    analysis::ReceivedSink received(spec, tokens, question.received ? layers : Layers{});
    analysis::HeadDistanceSink distances(spec, question.distances ? layers : Layers{});
    Counter counter(onlooker, layers);
    trace::FanOut listeners({&metrics, &recorder, &norms, &received, &distances, &counter});
    std::uint64_t weights = 0;
    for (const std::uint32_t layer : layers) weights += spec.layers[layer].head_count * std::uint64_t{tokens} * tokens;
    for (trace::Sink* sink : onlooker.attends(attended.tokens, weights)) listeners.add(*sink);
    analysis::MovedNormSink moved(layers_with_lengths(spec, question));
    if (question.moved_norms || question.rollout) listeners.add(moved);
    std::optional<analysis::RolloutSink> rollout;
    if (question.rollout) {
        rollout.emplace(rollout_options(spec, question, moved, prompt.ids.size()));
        listeners.add(*rollout);
    }
    forward::FeedOptions feed;
    if (!question.logits) feed.last_layer = last_layer(question, layers);
    feed.logits = question.logits;
    analysis::StateSink states(measured_layers(question, layers), {});
    if (question.states) listeners.add(states);
    attended.logits = session.feed(prompt.ids, listeners, feed);
    attended.metrics = metrics.layers();
    attended.maps = recorder.take();
    attended.block_output_norm = norms.take();
    attended.received = received.take();
    attended.states = states.take();
    append(attended.findings, analysis::findings_of(attended.states));
    attended.distances = distances.take();
    if (rollout) attended.rollout = rollout->take();
    if (question.moved_norms) attended.moved_norms = moved.take();
}

}  // namespace

std::set<std::uint32_t> rollout_layers(const model::ModelSpec& spec) {
    std::set<std::uint32_t> layers;
    for (std::uint32_t layer = 0; layer < spec.layers.size() && rolls(spec.layers[layer].kind); ++layer)
        if (model::attends(spec.layers[layer])) layers.insert(layer);
    return layers;
}

Heads all_heads(const model::ModelSpec& spec) {
    Heads heads;
    for (std::uint32_t layer = 0; layer < spec.layers.size(); ++layer) {
        if (!model::attends(spec.layers[layer])) continue;
        for (std::uint32_t head = 0; head < spec.layers[layer].head_count; ++head) heads[layer].push_back(head);
    }
    return heads;
}

std::vector<Token> tokens_of(const Prompt& prompt) {
    std::vector<Token> tokens;
    for (const std::uint32_t id : prompt.ids) tokens.push_back({id, prompt.piece(id), false});
    return tokens;
}

std::vector<std::uint32_t> delimiters_of(std::span<const Token> tokens) {
    std::vector<std::uint32_t> places;
    for (std::uint32_t i = 0; i < tokens.size(); ++i)
        if (text::is_delimiter(tokens[i].piece)) places.push_back(i);
    return places;
}

Attended attend(const gguf::File& file, const model::ModelSpec& spec, const Prompt& prompt, const Question& question,
                Onlooker* onlooker) {
    Onlooker nobody;
    Onlooker& told = onlooker != nullptr ? *onlooker : nobody;
    Attended attended;
    attended.heads = question.heads.empty() ? all_heads(spec) : question.heads;
    expect_heads(file, spec, attended.heads);
    if (question.rollout) expect_rollout(file, spec, *question.rollout);

    const std::uint64_t most_tokens = prompt.ids.size() + question.generate;
    forward::Session session(file, spec, question.run.session(most_tokens));
    if (question.answers) expect_output_head(file, session.graph());
    refuse_too_much(file, spec, session, question, layers_of(attended.heads), most_tokens);
    attended.numerics = to_string(question.run.numerics);
    attended.findings = spec.findings;
    append(attended.findings, session.graph().findings);

    Prompt all = prompt;
    if (question.generate > 0) {
        told.generates(question.generate);
        generate(session, all, question.generate, [&] { told.generated(); });
        session.reset();
    }
    attended.prompt_tokens = static_cast<std::uint32_t>(prompt.ids.size());
    for (std::size_t i = 0; i < all.ids.size(); ++i)
        attended.tokens.push_back({all.ids[i], all.piece(all.ids[i]), i >= prompt.ids.size()});
    look(spec, session, all, question, told, attended);
    return attended;
}

}  // namespace attnx::study
