#include "attnx/study/states.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "attnx/base/checked.h"
#include "attnx/base/error.h"
#include "attnx/forward/session.h"
#include "attnx/trace/fan_out.h"

namespace attnx::study {
namespace {

// Four figures of each place in the stream, and a length of each query, key and value; a copy of what a block leaves
// while its median is looked for.
Need needed(const model::Graph& graph, const std::set<std::uint32_t>& layers, std::uint64_t tokens) {
    std::uint64_t floats = add_up(4, graph.width);
    for (const std::uint32_t layer : layers) {
        const model::AttentionPlan& plan = graph.layers.at(layer).attention;
        floats = add_up(floats, std::uint64_t{7} + plan.heads + 2 * std::uint64_t{plan.kv_heads});
    }
    return {"lengths of all tokens", times(times(floats, tokens), sizeof(float))};
}

std::set<std::uint32_t> layers_to_measure(const model::Graph& graph, const StatesQuestion& question,
                                          const std::string& path) {
    std::set<std::uint32_t> layers = question.layers;
    const auto count = static_cast<std::uint32_t>(graph.layers.size());
    for (std::uint32_t layer = 0; question.layers.empty() && layer < count; ++layer) layers.insert(layer);
    if (!layers.empty() && *layers.rbegin() >= count)
        throw Error(ErrorCode::not_found, fmt::format("there are {} layers, no layer {}", count, *layers.rbegin()),
                    {path, {}, {}});
    return layers;
}

}  // namespace

MeasuredStates states(const gguf::File& file, const model::ModelSpec& spec, const Prompt& prompt,
                      const StatesQuestion& question, const std::vector<trace::Sink*>& sinks) {
    forward::Session session(file, spec, question.run.session(prompt.ids.size()));
    const std::set<std::uint32_t> layers = layers_to_measure(session.graph(), question, file.path());
    std::vector<Need> needs = session.needs(prompt.ids.size());
    needs.push_back(needed(session.graph(), layers, prompt.ids.size()));
    refuse_beyond(needs, question.run.max_memory, file.path());

    analysis::StateSink measured(layers, question.massive);
    trace::FanOut listeners({&measured});
    for (trace::Sink* sink : sinks) listeners.add(*sink);
    session.feed(prompt.ids, listeners);

    MeasuredStates result;
    for (const std::uint32_t id : prompt.ids) result.tokens.push_back({id, prompt.piece(id), false});
    result.states = measured.take();
    result.numerics = to_string(question.run.numerics);
    result.findings = spec.findings;
    append(result.findings, session.graph().findings);
    for (const auto& [layer, count] : result.states.not_finite)
        result.findings.push_back(
            {FindingId::not_finite, fmt::format("layer {}: {} numbers of its output are not finite", layer, count)});
    return result;
}

}  // namespace attnx::study
