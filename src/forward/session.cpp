// Embed, run the blocks, read the head: the pass as a paper would draw it.
#include "attnx/forward/session.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "adapters.h"
#include "attnx/base/error.h"
#include "attnx/base/threads.h"
#include "block.h"
#include "cycles.h"
#include "embedding.h"
#include "hyper.h"
#include "kernel.h"
#include "layer_end.h"
#include "layer_pages.h"
#include "ops/norm.h"
#include "output_head.h"
#include "residual_bank.h"
#include "streams.h"
#include "tape.h"
#include "taps.h"
#include "traced.h"
#include "weights.h"

namespace attnx::forward {

namespace {

// What was asked of a pass.
struct Fed {
    std::span<const std::uint32_t> tokens;
    trace::Sink& sink;
    const FeedOptions& options;
};

const std::string& path_of_weights(const gguf::File& file) {
    if (!file.tensors().empty()) return file.path();
    throw Error(ErrorCode::missing_tensor, "the file holds a vocabulary and no weights: there is nothing to run",
                {file.path(), {}, {}});
}

}  // namespace

struct Session::State {
    State(const gguf::File& file, const model::ModelSpec& spec, SessionOptions options);

    std::vector<float> feed(std::span<const std::uint32_t> tokens, trace::Sink& sink, const FeedOptions& feed_options);
    std::vector<float> resume(std::uint32_t first, std::span<const float> before, std::span<const std::uint32_t> tokens,
                              trace::Sink& sink, const FeedOptions& feed_options);
    bool resumes() const {
        return !graph.hyper && !bank && !cycles && !taps && !altup && !graph.skip_from_embedding && !router &&
               !hands_on();
    }
    Attribution attribution(std::uint32_t target);
    std::vector<float> logits(std::span<const float> rows);  // of what the head reads: [rows, vocabulary]

    void check(std::span<const std::uint32_t> tokens);
    void refuse_too_many(std::uint64_t tokens);
    void add_layer(const gguf::File& file, const model::TensorPlan& plan, std::size_t index);
    model::TensorPlace place_of(std::size_t index) const { return {graph.stack, graph.layers[index].weights_of}; }
    const KeyValues* lender_to(std::size_t index) const;
    void run_layer(std::size_t layer, Traced& stream, std::vector<Traced>& copies, const Traced& embedded, Pass& pass);
    void finish_layer(std::size_t layer, Traced& stream, const Traced& embedded, Pass& pass);
    bool remembers_first(std::size_t layer) const;
    bool hands_on() const;
    std::vector<float> run_layers(std::size_t first, Traced stream, const Fed& fed);
    Traced collapsed(Traced stream, const std::vector<Traced>& copies);
    void tell_early(std::uint32_t layer, const Traced& stream, const std::vector<Traced>& copies, const Fed& fed);
    std::vector<float> read_out(const Traced& stream, const Fed& fed);

    std::string path;
    model::Graph graph;
    LayerPages pages;
    Footprint size;
    SessionOptions options;
    Workers workers;
    Tensors tensors;  // the model's own
    NormRule rule;
    Embedding embedding;
    OutputHead head;
    std::optional<LayerEmbeddings> per_layer;
    std::optional<AltUpEnds> altup;
    std::unique_ptr<StreamMixer> hyper_head;
    std::optional<ResidualBank> bank;
    std::vector<float> bank_score;  // of what the head reads
    std::optional<StackCycles> cycles;
    std::optional<DenseTaps> taps;
    std::optional<AdapterRouter> router;
    std::vector<std::uint32_t> choices;  // of adapters, by the tokens fed
    HandedOn handed;
    std::vector<std::unique_ptr<Block>> blocks;
    std::vector<LayerEnd> ends;
    std::optional<Tape> tape;  // of the last feed
    Traced head_read;          // one row: what the output matrix read of the token noted
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

void Session::State::finish_layer(std::size_t layer, Traced& stream, const Traced& embedded, Pass& pass) {
    const LayerEnd& end = ends.at(layer);
    if (end.gate)
        add_into(stream, written(pass.tape, {}, end.gate->run(rule, stream, per_layer->of_layer(layer), pass.workers)));
    if (graph.skip_from_embedding) {
        Traced skipped = embedded;
        end.scale(skipped);
        add_into(stream, skipped);
    } else {
        end.scale(stream);
    }
    if (graph.layers[layer].norm_after) stream = head.normed(stream);
}

// With AltUp the block works on the predicted active copy; without, on the stream.
void Session::State::run_layer(std::size_t layer, Traced& stream, std::vector<Traced>& copies, const Traced& embedded,
                               Pass& pass) {
    if (!graph.altup) {
        if (cycles) cycles->before(layer, stream);
        const Traced mixer_input = taps ? taps->mix(layer, stream, workers) : Traced{};
        blocks[layer]->run(stream, pass, mixer_input.rows == 0 ? nullptr : &mixer_input);
        if (!pass.weights_only) finish_layer(layer, stream, embedded, pass);
        return;
    }
    const LayerEnd& end = ends.at(layer);
    auto predicted = end.altup->predict(copies, pass.workers);
    Traced active = predicted[graph.altup->active];
    blocks[layer]->run(active, pass);
    if (pass.weights_only) return;
    copies = end.altup->correct(std::move(predicted), active, pass.workers);
    Matrix first = copies[graph.altup->active];
    end.altup->scale_corrected(first);
    if (end.gate) {
        const Traced added =
            written(pass.tape, {}, end.gate->run(rule, first, per_layer->of_layer(layer), pass.workers));
        for (std::size_t i = 1; i < copies.size(); ++i) add_into(copies[i], added);
    }
    stream = copies[graph.altup->active];
}

// Whether the layer has stored what it needs later by the time its weights are known.
bool Session::State::remembers_first(std::size_t layer) const {
    const auto kind = graph.layers[layer].kind;
    return kind == model::LayerKind::attention || kind == model::LayerKind::mla ||
           kind == model::LayerKind::compressed || kind == model::LayerKind::feed_forward ||
           kind == model::LayerKind::empty;
}

// Whether a layer may read what an earlier one chose or compressed.
bool Session::State::hands_on() const {
    return std::ranges::any_of(graph.layers, [](const auto& layer) {
        return layer.indexer.has_value() || layer.kind == model::LayerKind::compressed;
    });
}

// What the last block gave, as the head reads it.
Traced Session::State::collapsed(Traced stream, const std::vector<Traced>& copies) {
    if (bank) return bank->mix(stream, bank_score, workers);
    if (altup) return altup->collapse(copies, workers);
    if (hyper_head) return hyper_head->read(stream, handed, workers);
    if (!graph.hyper) return stream;
    if (graph.hyper->end == model::StreamEnd::averaged) return mean_of_streams(stream, graph.hyper->count);
    return mixture_of_streams(stream, handed.stream_weights, graph.hyper->count);
}

std::vector<float> Session::State::feed(std::span<const std::uint32_t> tokens, trace::Sink& sink,
                                        const FeedOptions& feed_options) {
    check(tokens);
    const std::vector<std::uint32_t> read = router ? router->read_as(tokens) : std::vector<std::uint32_t>{};
    if (router) check(read);
    tape.reset();
    if (feed_options.noted) tape.emplace(*feed_options.noted, workers.numerics() != Numerics::floats);
    Traced stream = written(tape ? &*tape : nullptr, {.kind = WriterKind::embedding},
                            embedding.run(router ? std::span<const std::uint32_t>(read) : tokens, position));
    if (sink.wants_embedding()) sink.embedding(stream.values, static_cast<std::uint32_t>(stream.columns));
    if (per_layer) per_layer->prepare(tokens, stream, workers);
    return run_layers(0, std::move(stream), {tokens, sink, feed_options});
}

std::vector<float> Session::State::resume(std::uint32_t first, std::span<const float> before,
                                          std::span<const std::uint32_t> tokens, trace::Sink& sink,
                                          const FeedOptions& feed_options) {
    if (!resumes() || first >= graph.layers.size() || position != tokens.size())
        throw Error(ErrorCode::internal, "a pass that cannot be resumed", {path, {}, {}});
    for (std::size_t layer = first; layer < blocks.size(); ++layer) blocks[layer]->reset();
    position = 0;
    stopped_early = false;
    tape.reset();
    Matrix stream(tokens.size(), graph.width);
    copy(before, stream.values);
    return run_layers(first, std::move(stream), {tokens, sink, feed_options});
}

// Of a pass from its first layer on.
std::vector<float> Session::State::run_layers(std::size_t first, Traced stream, const Fed& fed) {
    const Traced embedded = graph.skip_from_embedding ? stream : Traced{};
    handed = {};
    if (graph.hyper) stream = spread_streams(stream, graph.hyper->count);
    if (bank) bank->clear();
    if (cycles) cycles->begin(stream);
    if (taps) taps->begin();
    if (router) choices = router->choose(fed.tokens, {workers, fed.sink, 0, position});
    std::vector<Traced> copies = altup ? altup->spread(stream, workers) : std::vector<Traced>{};
    const FeedOptions& asked = fed.options;
    const std::size_t last = std::min<std::size_t>(asked.last_layer.value_or(UINT32_MAX), graph.layers.size() - 1);
    const bool whole = last + 1 == graph.layers.size();
    const bool head_told = whole && (fed.sink.wants_head_input() || (head.has_norm() && fed.sink.wants_final_norm()));
    const bool prompt = fed.tokens.size() > 1;  // a generated token needs all pages again soon
    for (std::size_t layer = first; layer <= last; ++layer) {
        const auto index = static_cast<std::uint32_t>(layer);
        const bool told = fed.sink.wants_block_output(index), early = fed.sink.wants_head_input_after(index);
        const bool weights_only = layer == last && !asked.logits && !asked.noted && !told && !early && !head_told &&
                                  (!whole || remembers_first(layer));
        Pass pass{workers, fed.sink, index, position, weights_only, fed.tokens, bank ? &*bank : nullptr, &handed};
        if (asked.ablation && asked.ablation->layer == index) pass.ablation = &*asked.ablation;
        if (tape) pass.tape = &*tape;
        if (prompt && layer < last) pages.expect(layer + 1);
        run_layer(layer, stream, copies, embedded, pass);
        if (prompt) pages.done_with(layer);
        if (told) fed.sink.block_output(index, stream.values, static_cast<std::uint32_t>(stream.columns));
        if (cycles) cycles->after(layer, stream);
        if (early) tell_early(index, stream, copies, fed);
    }
    stopped_early = !whole;
    position += static_cast<std::uint32_t>(fed.tokens.size());
    if (!asked.logits && !asked.noted && !head_told) return {};
    return read_out(collapsed(std::move(stream), copies), fed);
}

// What the head would read of the stream behind some layer.
void Session::State::tell_early(std::uint32_t layer, const Traced& stream, const std::vector<Traced>& copies,
                                const Fed& fed) {
    const Traced now = collapsed(cycles ? cycles->as_state(layer, stream) : stream, copies);
    fed.sink.head_input_after(layer, now.values, static_cast<std::uint32_t>(now.columns));
}

// What the output head makes of the stream.
std::vector<float> Session::State::read_out(const Traced& stream, const Fed& fed) {
    if (tape) {
        const Traced read = head.read(stream);
        head_read = Matrix(1, read.columns);
        copy(read.noted_row(), head_read.values);
        head_read.node = read.node;
    }
    if (fed.sink.wants_head_input()) fed.sink.head_input(stream.values, static_cast<std::uint32_t>(stream.columns));
    if (head.has_norm() && fed.sink.wants_final_norm()) {
        const Matrix normed = head.normed(stream);
        fed.sink.final_norm(normed.values, static_cast<std::uint32_t>(normed.columns));
    }
    return fed.options.logits ? logits(stream.row(stream.rows - 1)) : std::vector<float>{};
}

std::vector<float> Session::State::logits(std::span<const float> rows) {
    Matrix stream(share(rows.size(), graph.width, "rows of the stream"), graph.width);
    copy(rows, stream.values);
    const Matrix scores = head.logits(std::move(stream), workers);
    return {scores.values.begin(), scores.values.end()};
}

Attribution Session::State::attribution(std::uint32_t target) {
    if (!tape || head_read.empty() || !head.scores())
        throw Error(ErrorCode::internal, "a logit of which nothing was noted", {path, {}, {}});
    return head.attribution(*tape, head_read.node, head_read.row(0), target, workers);
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
    if (state_->router) state_->router->reset();
    state_->position = 0;
    state_->stopped_early = false;
}

std::vector<float> Session::resume(std::uint32_t first, std::span<const float> before,
                                   std::span<const std::uint32_t> tokens, trace::Sink& sink, FeedOptions options) {
    return state_->resume(first, before, tokens, sink, options);
}
bool Session::resumes() const { return state_->resumes(); }
std::vector<float> Session::logits(std::span<const float> rows) { return state_->logits(rows); }

Attribution Session::attribution(std::uint32_t target) { return state_->attribution(target); }

std::uint32_t Session::position() const { return state_->position; }
std::vector<Need> Session::needs(std::uint64_t tokens) const {
    return state_->size.needs(tokens, state_->workers.size());
}
const model::Graph& Session::graph() const { return state_->graph; }

}  // namespace attnx::forward
