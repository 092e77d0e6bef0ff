#include "attnx/study/generate.h"

#include <algorithm>

#include "attnx/base/error.h"

namespace attnx::study {

void generate(forward::Session& session, Prompt& prompt, std::uint64_t count, const std::function<void()>& each) {
    const auto& layers = session.graph().layers;
    if (!std::all_of(layers.begin(), layers.end(), [](const auto& layer) { return layer.attention.causal; }))
        throw Error(ErrorCode::refused, "this model is not causal: it does not generate");
    trace::Sink nobody;
    std::vector<std::uint32_t> next = prompt.ids;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::vector<float> logits = session.feed(next, nobody, {.last_layer = std::nullopt, .logits = true});
        if (logits.empty()) throw Error(ErrorCode::unsupported, "this model has no output head: it does not generate");
        next = {static_cast<std::uint32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin())};
        prompt.ids.push_back(next.front());
        if (each) each();
        if (prompt.ends_generation(next.front())) break;
    }
}

}  // namespace attnx::study
