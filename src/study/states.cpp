#include "attnx/study/states.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "attnx/forward/session.h"
#include "attnx/trace/fan_out.h"

namespace attnx::study {
namespace {

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
    needs.push_back(analysis::StateSink::need(session.graph(), layers, prompt.ids.size()));
    refuse_beyond(needs, question.run.max_memory, file.path());

    analysis::StateSink measured(layers, question.massive);
    trace::FanOut listeners({&measured});
    for (trace::Sink* sink : sinks) listeners.add(*sink);
    session.feed(prompt.ids, listeners);

    MeasuredStates result;
    result.tokens = tokens_of(prompt);
    result.states = measured.take();
    result.numerics = to_string(question.run.numerics);
    result.findings = spec.findings;
    append(result.findings, session.graph().findings);
    append(result.findings, analysis::findings_of(result.states));
    return result;
}

}  // namespace attnx::study
