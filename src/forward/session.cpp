// Embed, run the blocks, read the head: the pass as a paper would draw it.
#include "attnx/forward/session.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "attnx/base/threads.h"
#include "block.h"
#include "cycles.h"
#include "hyper.h"
#include "kernel.h"
#include "layer_pages.h"
#include "ops/activation.h"
#include "ops/matmul.h"
#include "ops/norm.h"
#include "residual_bank.h"
#include "streams.h"
#include "taps.h"
#include "weights.h"

namespace attnx::forward {

namespace {

// What a layer does to the stream after its block.
struct LayerEnd {
    LayerEnd(const model::Graph& graph, const Tensors& tensors);
    void scale(Matrix& stream) const;  // by layer_output_scale

    std::optional<AltUpLayer> altup;
    std::optional<PerLayerGate> gate;
    std::vector<float> factors;  // one, or one for each element of the stream; empty: none
};

LayerEnd::LayerEnd(const model::Graph& graph, const Tensors& tensors) {
    if (graph.altup) altup.emplace(graph, tensors);
    if (graph.per_layer_input) gate.emplace(graph, tensors);
    const auto* scale = tensors.find(Stem::layer_output_scale);
    if (scale != nullptr) factors = tensors.vector(Stem::layer_output_scale, scale->elements == 1 ? 1 : graph.width);
    if (graph.skip_from_embedding) tensors.require(Stem::layer_output_scale);
}

void LayerEnd::scale(Matrix& stream) const {
    if (factors.empty()) return;
    if (factors.size() == 1) return scale_by(stream, factors[0]);
    for (std::size_t t = 0; t < stream.rows; ++t) multiply(stream.row(t), factors);
}

const std::string& path_of_weights(const gguf::File& file) {
    if (!file.tensors().empty()) return file.path();
    throw Error(ErrorCode::missing_tensor, "the file holds a vocabulary and no weights: there is nothing to run",
                {file.path(), {}, {}});
}

}  // namespace

struct Session::State {
    State(const gguf::File& file, const model::ModelSpec& spec, SessionOptions options);

    std::vector<float> feed(std::span<const std::uint32_t> tokens, trace::Sink& sink, const FeedOptions& feed_options);

    void check(std::span<const std::uint32_t> tokens);
    void refuse_too_many(std::uint64_t tokens);
    Matrix embed(std::span<const std::uint32_t> tokens);
    void add_layer(const gguf::File& file, const model::TensorPlan& plan, std::size_t index);
    model::TensorPlace place_of(std::size_t index) const { return {graph.stack, graph.layers[index].weights_of}; }
    const KeyValues* lender_to(std::size_t index) const;
    void run_layer(std::size_t layer, Matrix& stream, std::vector<Matrix>& copies, const Matrix& embedding, Pass& pass);
    void finish_layer(std::size_t layer, Matrix& stream, const Matrix& embedding, Pass& pass);
    bool has_final_norm() const { return graph.output_norm && (output_norm || graph.unweighted_norms); }
    Matrix final_norm(Matrix stream);
    Matrix scores(const Matrix& stream, std::size_t first, std::size_t count);
    std::vector<float> logits_of(std::span<const float> scores) const;
    void tell_logits(const Matrix& stream, trace::Sink& sink);
    bool remembers_first(std::size_t layer) const;

    std::string path;
    model::Graph graph;
    LayerPages pages;
    Footprint size;
    SessionOptions options;
    Workers workers;
    Tensors tensors;  // the model's own
    NormRule rule;
    Weight token_table, position_table, token_types;
    Norm embedding_norm, output_norm;
    Linear head;
    std::optional<LayerEmbeddings> per_layer;
    std::optional<AltUpEnds> altup;
    std::optional<StreamMixer> hyper_head;
    std::optional<ResidualBank> bank;
    std::vector<float> bank_score;  // of what the head reads
    std::optional<StackCycles> cycles;
    std::optional<DenseTaps> taps;
    Chosen chosen;  // keys, by the last indexer
    std::vector<std::unique_ptr<Block>> blocks;
    std::vector<LayerEnd> ends;
    std::uint32_t position = 0;
    std::uint64_t allowed_tokens = 0;  // found to take less than allowed
    bool stopped_early = false;
};

Session::State::State(const gguf::File& file, const model::ModelSpec& spec, SessionOptions session_options)
    : path(path_of_weights(file)),
      graph(model::build_graph(file, spec)),
      pages(file, spec.tensors, graph),
      size(footprint(spec.tensors, graph)),
      options(session_options),
      workers(thread_count(session_options.threads), session_options.simd),
      tensors(file, spec.tensors, {}),
      rule{graph.norm, graph.norm_epsilon, graph.norm_groups},
      token_table(tensors.matrix(Stem::token_embd, graph.width, kAny)),
      position_table(tensors.optional_matrix(Stem::position_embd, graph.width, kAny)),
      output_norm(tensors.optional_norm(graph.names.output, graph.width)) {
    const std::size_t vocabulary = token_table.outputs;
    if (graph.token_types) token_types = tensors.optional_matrix(Stem::token_types, graph.width, kAny);
    if (graph.embedding_norm) embedding_norm = tensors.optional_norm(Stem::token_embd_norm, graph.width);
    if (graph.has_head)
        head = tensors.linear(tensors.has(Stem::output) ? Stem::output : Stem::token_embd, graph.width,
                              vocabulary - std::min<std::size_t>(graph.first_logit, vocabulary));
    if (!graph.head_bias) head.bias.clear();
    if (graph.per_layer_input) per_layer.emplace(graph, tensors, vocabulary);
    if (graph.altup) altup.emplace(graph, tensors);
    if (graph.hyper) hyper_head.emplace(graph, tensors, StreamMixer::kHead);
    if (graph.bank_every != 0) {
        bank.emplace(graph.bank_every, rule);
        bank_score = tensors.vector(Stem::output_res_score, graph.width);
    }
    if (graph.cycles) cycles.emplace(graph, tensors);
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
    blocks.push_back(
        std::make_unique<Block>(MixerParts{graph, layer, own, first, tensors, options.context}, lender_to(index)));
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
    for (const auto id : tokens) {
        if (id >= token_table.outputs) {
            throw Error(ErrorCode::bad_value,
                        fmt::format("token id {} is outside the vocabulary of {} tokens", id, token_table.outputs),
                        {path, {}, {}});
        }
    }
    const bool causal =
        std::all_of(graph.layers.begin(), graph.layers.end(), [](const auto& l) { return l.attention.causal; });
    if (position != 0 && !causal) {
        throw Error(ErrorCode::bad_value, "every token of this model attends to all others: it cannot be fed in parts",
                    {path, {}, {}});
    }
    refuse_too_many(position + tokens.size());
    if (stopped_early) throw Error(ErrorCode::internal, "a session that stopped early was fed again", {path, {}, {}});
    if (position_table && position + tokens.size() > position_table.outputs) {
        throw Error(ErrorCode::bad_value,
                    fmt::format("{} tokens are more than the {} positions the model has learned",
                                position + tokens.size(), position_table.outputs),
                    {path, {}, std::string(position_table.tensor->name)});
    }
}

Matrix Session::State::embed(std::span<const std::uint32_t> tokens) {
    Matrix x(tokens.size(), token_table.inputs);
    for (std::size_t t = 0; t < tokens.size(); ++t) token_table.read(tokens[t], 1, x.row(t));
    scale_by(x, graph.embedding_scale);
    std::vector<float> more(x.columns);
    for (std::size_t t = 0; t < tokens.size(); ++t) {
        if (token_types) {  // all tokens are of the first type
            token_types.read(0, 1, more);
            add(x.row(t), more);
        }
        if (position_table) {
            position_table.read(position + t, 1, more);
            add(x.row(t), more);
        }
    }
    if (embedding_norm || graph.unweighted_embedding_norm) x = normalized(rule, embedding_norm, x);
    return x;
}

void Session::State::finish_layer(std::size_t layer, Matrix& stream, const Matrix& embedding, Pass& pass) {
    const LayerEnd& end = ends.at(layer);
    if (end.gate) add_into(stream, end.gate->run(rule, stream, per_layer->of_layer(layer), pass.workers));
    if (graph.skip_from_embedding) {
        Matrix skipped = embedding;
        end.scale(skipped);
        add_into(stream, skipped);
    } else {
        end.scale(stream);
    }
    if (graph.layers[layer].norm_after) stream = normalized(rule, output_norm, stream);
}

// With AltUp the block works on the predicted active copy; without, on the stream.
void Session::State::run_layer(std::size_t layer, Matrix& stream, std::vector<Matrix>& copies, const Matrix& embedding,
                               Pass& pass) {
    if (!graph.altup) {
        if (cycles) cycles->before(layer, stream);
        const Matrix mixer_input = taps ? taps->mix(layer, stream, workers) : Matrix{};
        blocks[layer]->run(stream, pass, mixer_input.rows == 0 ? nullptr : &mixer_input);
        if (!pass.weights_only) finish_layer(layer, stream, embedding, pass);
        return;
    }
    const LayerEnd& end = ends.at(layer);
    auto predicted = end.altup->predict(copies, pass.workers);
    Matrix active = predicted[graph.altup->active];
    blocks[layer]->run(active, pass);
    if (pass.weights_only) return;
    copies = end.altup->correct(std::move(predicted), active, pass.workers);
    Matrix first = copies[graph.altup->active];
    end.altup->scale_corrected(first);
    if (end.gate) {
        const Matrix added = end.gate->run(rule, first, per_layer->of_layer(layer), pass.workers);
        for (std::size_t i = 1; i < copies.size(); ++i) add_into(copies[i], added);
    }
    stream = copies[graph.altup->active];
}

Matrix Session::State::final_norm(Matrix stream) {
    if (hyper_head) stream = hyper_head->read(stream, workers);
    if (has_final_norm()) stream = normalized(rule, output_norm, stream);
    return stream;
}

// Of some rows of the stream.
Matrix Session::State::scores(const Matrix& stream, std::size_t first, std::size_t count) {
    Matrix rows(count, stream.columns);
    for (std::size_t i = 0; i < count; ++i) copy(stream.row(first + i), rows.row(i));
    rows = final_norm(std::move(rows));
    scale_by(rows, graph.output_scale);
    Matrix scores = applied(head, rows, workers);
    scale_by(scores, graph.logit_scale);
    if (graph.logit_softcap) {
        for (float& v : scores.values) v = *graph.logit_softcap * std::tanh(v * (1.0F / *graph.logit_softcap));
    }
    if (graph.logit_sigmoid) {
        const auto [most, shift, width] = *graph.logit_sigmoid;
        for (float& v : scores.values) v = most * sigmoid(v * (1.0F / width) + shift / width);
    }
    return scores;
}

// Of a row of scores; ids before the first that has one cannot be said.
std::vector<float> Session::State::logits_of(std::span<const float> scores) const {
    std::vector<float> all(graph.first_logit, -std::numeric_limits<float>::infinity());
    all.insert(all.end(), scores.begin(), scores.end());
    return all;
}

void Session::State::tell_logits(const Matrix& stream, trace::Sink& sink) {
    constexpr std::size_t kRows = 16;
    for (std::size_t first = 0; first < stream.rows; first += kRows) {
        const Matrix part = scores(stream, first, std::min(kRows, stream.rows - first));
        for (std::size_t i = 0; i < part.rows; ++i)
            sink.logits(static_cast<std::uint32_t>(first + i), logits_of(part.row(i)));
    }
}

// Whether the layer has stored what it needs later by the time its weights are known.
bool Session::State::remembers_first(std::size_t layer) const {
    const auto kind = graph.layers[layer].kind;
    return kind == model::LayerKind::attention || kind == model::LayerKind::mla ||
           kind == model::LayerKind::feed_forward || kind == model::LayerKind::empty;
}

std::vector<float> Session::State::feed(std::span<const std::uint32_t> tokens, trace::Sink& sink,
                                        const FeedOptions& feed_options) {
    check(tokens);
    Matrix stream = embed(tokens);
    if (sink.wants_embedding()) sink.embedding(stream.values, static_cast<std::uint32_t>(stream.columns));
    chosen = {};
    const Matrix embedding = graph.skip_from_embedding ? stream : Matrix{};
    if (per_layer) per_layer->prepare(tokens, stream, workers);
    if (graph.hyper) stream = StreamMixer::spread(stream, graph.hyper->count);
    if (bank) bank->clear();
    if (cycles) cycles->begin(stream);
    if (taps) taps->begin();
    std::vector<Matrix> copies = altup ? altup->spread(stream, workers) : std::vector<Matrix>{};
    const std::size_t last =
        std::min<std::size_t>(feed_options.last_layer.value_or(UINT32_MAX), graph.layers.size() - 1);
    const bool whole = last + 1 == graph.layers.size();
    const bool norm_told = whole && has_final_norm() && sink.wants_final_norm();
    const bool logits_told = whole && head && sink.wants_logits();
    const bool says = feed_options.logits || norm_told || logits_told;  // what the last block leaves is asked for
    const bool prompt = tokens.size() > 1;                              // a generated token needs all pages again soon
    for (std::size_t layer = 0; layer <= last; ++layer) {
        const auto index = static_cast<std::uint32_t>(layer);
        const bool told = sink.wants_block_output(index);
        const bool weights_only = layer == last && !says && !told && (!whole || remembers_first(layer));
        Pass pass{workers, sink, index, position, weights_only, tokens, bank ? &*bank : nullptr, &chosen};
        if (prompt && layer < last) pages.expect(layer + 1);
        run_layer(layer, stream, copies, embedding, pass);
        if (prompt) pages.done_with(layer);
        if (told) sink.block_output(index, stream.values, static_cast<std::uint32_t>(stream.columns));
        if (cycles) cycles->after(layer, stream);
    }
    stopped_early = !whole;
    position += static_cast<std::uint32_t>(tokens.size());
    if (!says) return {};
    if (bank) stream = bank->mix(stream, bank_score, workers);
    else if (altup) stream = altup->collapse(copies, workers);
    if (norm_told) {
        const Matrix normed = final_norm(stream);
        sink.final_norm(normed.values, static_cast<std::uint32_t>(normed.columns));
    }
    if (logits_told) tell_logits(stream, sink);
    if (!feed_options.logits || !head) return {};
    return logits_of(scores(stream, stream.rows - 1, 1).row(0));
}

Session::Session(const gguf::File& file, const model::ModelSpec& spec, SessionOptions options)
    : state_(std::make_unique<State>(file, spec, options)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

std::vector<float> Session::feed(std::span<const std::uint32_t> tokens, trace::Sink& sink, FeedOptions options) {
    return state_->feed(tokens, sink, options);
}

void Session::reset() {
    for (auto& block : state_->blocks) block->reset();
    state_->position = 0;
    state_->stopped_early = false;
}

std::uint32_t Session::position() const { return state_->position; }
std::vector<Need> Session::needs(std::uint64_t tokens) const {
    return state_->size.needs(tokens, state_->workers.size());
}
const model::Graph& Session::graph() const { return state_->graph; }

}  // namespace attnx::forward
