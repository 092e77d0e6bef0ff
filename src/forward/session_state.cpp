// A session before its first token: built from the file, checked before each pass.
#include "session_state.h"

#include <algorithm>

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "attnx/base/threads.h"

namespace attnx::forward {

namespace {

const std::string& path_of_weights(const gguf::File& file) {
    if (!file.tensors().empty()) return file.path();
    throw Error(ErrorCode::missing_tensor, "the file holds a vocabulary and no weights: there is nothing to run",
                {file.path(), {}, {}});
}

}  // namespace

Session::State::State(const gguf::File& file, const model::ModelSpec& spec, SessionOptions session_options)
    : path(path_of_weights(file)),
      graph(model::build_graph(file, spec)),
      pages(file, spec.tensors, graph),
      size(footprint(spec.tensors, graph)),
      options(session_options),
      workers(thread_count(session_options.threads), session_options.simd, session_options.numerics,
              session_options.cache),
      tensors(file, spec.tensors, {}),
      rule{graph.norm, graph.norm_epsilon, graph.norm_groups},
      embedding(graph, tensors, rule),
      head(graph, tensors, embedding.vocabulary(), rule) {
    if (graph.per_layer_input) per_layer.emplace(graph, tensors, embedding.vocabulary());
    if (graph.altup) altup.emplace(graph, tensors);
    if (graph.hyper && graph.hyper->end == model::StreamEnd::mixed)
        hyper_head = make_stream_mixer(graph, tensors, StreamPlace::head);
    if (graph.bank_every != 0) {
        bank.emplace(graph.bank_every, rule);
        bank_score = tensors.vector(Stem::output_res_score, graph.width);
    }
    if (graph.cycles) cycles.emplace(graph, tensors);
    if (graph.adapters) router.emplace(*graph.adapters);
    if (graph.taps) taps.emplace(graph, [&](std::size_t i) { return Tensors(file, spec.tensors, place_of(i)); });
    for (auto& layer : graph.layers) layer.attention.causal = options.causal.value_or(layer.attention.causal);
    for (std::size_t i = 0; i < graph.layers.size(); ++i) add_layer(file, spec.tensors, i);
    if (options.context != 0) refuse_too_many(options.context);
}

// Throws refused when so many tokens would take more memory than allowed.
void Session::State::refuse_too_many(std::uint64_t tokens) {
    if (tokens <= allowed_tokens) return;
    refuse_beyond(size.needs(tokens, workers.size()), options.max_memory, path);
    allowed_tokens = tokens;
}

void Session::State::add_layer(const gguf::File& file, const model::TensorPlan& plan, std::size_t index) {
    const model::LayerPlan& layer = graph.layers[index];
    const Tensors own(file, plan, place_of(index)), first(file, plan, {graph.stack, 0});
    blocks.push_back(std::make_unique<Block>(MixerParts{graph, layer, own, first, tensors, options.context, &choices},
                                             lender_to(index)));
    ends.emplace_back(graph, own);
    pages.done_with(index);  // of which norms and biases are held
}

// Whose keys and values the layer uses instead of its own.
const KeyValues* Session::State::lender_to(std::size_t index) const {
    const auto from = graph.layers[index].attention.kv_of_layer;
    if (!from) return nullptr;
    const KeyValues* lent = *from < index ? blocks.at(*from)->key_values() : nullptr;
    if (lent != nullptr) return lent;
    throw Error(ErrorCode::bad_value,
                fmt::format("layer {} is to use the keys of layer {}, which does not keep any before it", index, *from),
                {path, {}, {}});
}

void Session::State::check(std::span<const std::uint32_t> tokens) {
    if (tokens.empty()) throw Error(ErrorCode::bad_value, "no tokens to run", {path, {}, {}});
    const bool causal =
        std::all_of(graph.layers.begin(), graph.layers.end(), [](const auto& l) { return l.attention.causal; });
    if (position != 0 && !causal) {
        throw Error(ErrorCode::bad_value, "every token of this model attends to all others: it cannot be fed in parts",
                    {path, {}, {}});
    }
    refuse_too_many(position + tokens.size());
    if (stopped_early) throw Error(ErrorCode::internal, "a session that stopped early was fed again", {path, {}, {}});
    embedding.check(tokens, position, path);
}

}  // namespace attnx::forward
