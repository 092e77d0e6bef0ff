#include "attnx/study/states.h"

#include "attnx/forward/session.h"
#include "attnx/trace/fan_out.h"
#include "heads.h"

namespace attnx::study {
MeasuredStates states(const gguf::File& file, const model::ModelSpec& spec, const Prompt& prompt,
                      const StatesQuestion& question, const std::vector<trace::Sink*>& sinks) {
    forward::Session session(file, spec, question.run.session(prompt.ids.size()));
    const std::set<std::uint32_t> layers = layers_or_all(session.graph(), question.layers, file.path());
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
