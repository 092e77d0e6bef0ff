// What a session holds, and the steps of a pass.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapters.h"
#include "attnx/forward/session.h"
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

// What was asked of a pass.
struct Fed {
    std::span<const std::uint32_t> tokens;
    trace::Sink& sink;
    const FeedOptions& options;
};

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

}  // namespace attnx::forward
