// Embed, run the blocks, read the head: the pass as a paper would draw it.
#include "attnx/forward/session.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "attnx/base/error.h"
#include "session_state.h"

namespace attnx::forward {

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
