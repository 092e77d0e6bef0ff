// study: what a model attends to. A question goes in, what was computed comes out; files, options and words are
// others'.
//
//   const auto file = gguf::File::open("model.gguf");
//   const auto spec = model::build_spec(file);
//   const auto prompt = study::prompt_of_text(file, spec, "The cat sat on the mat");
//   const study::Attended answer = study::attend(file, spec, prompt, {.maps = {3}});
//   answer.metrics.at(3)[0].value(analysis::attention_metric("previous_token"));
//   answer.maps.at(3).row(0, 5);  // what the last of six tokens pays to each, in head 0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/analysis/attention_metrics.h"
#include "attnx/analysis/moved_norms.h"
#include "attnx/analysis/received.h"
#include "attnx/analysis/stream_states.h"
#include "attnx/base/findings.h"
#include "attnx/gguf/file.h"
#include "attnx/model/spec.h"
#include "attnx/study/prompt.h"
#include "attnx/study/run.h"
#include "attnx/trace/attention.h"
#include "attnx/trace/sink.h"

namespace attnx::study {

// Heads of each layer, ascending.
using Heads = std::map<std::uint32_t, std::vector<std::uint32_t>>;

// Every head of every layer that computes softmax attention.
Heads all_heads(const model::ModelSpec& spec);

// Where what tokens have become came from, through all layers (analysis/rollout.h).
struct RolloutQuestion {
    std::set<std::uint32_t> layers = {};  // after which, of layers that attend
    bool drop_first = false;
    bool value_weighted = false;
};

// Layers after which a rollout can be told: those that attend, as long as nothing but attention passes between tokens.
std::set<std::uint32_t> rollout_layers(const model::ModelSpec& spec);

// What is wanted of the tokens. Nothing else is computed.
struct Question {
    Heads heads = {};                   // looked at, of layers that attend; empty: all_heads
    std::set<std::uint32_t> maps = {};  // layers among these whose maps are kept, whole
    std::uint64_t generate = 0;         // tokens to append greedily first, fewer when the model ends its answer
    bool norms = false;                 // of what each block leaves
    bool moved_norms = false;           // of what each head moves of each token
    std::optional<RolloutQuestion> rollout = {};
    bool logits = false;       // of the last token
    bool answers = false;      // will be asked for: a model without an output head is refused before it is run
    bool received = false;     // what each key is paid
    bool states = false;       // how large things are, in all layers up to the last that is run
    bool distances = false;    // between the heads of each layer
    std::uint32_t repeat = 0;  // the prompt's tokens come again after so many; 0: they do not
    Run run = {};
    std::string maps_advice = {};  // said where they do not fit: how the caller is asked for less
};

struct Token {
    std::uint32_t id = 0;
    std::string piece = {};  // raw bytes
    bool generated = false;
};

// None of them generated.
std::vector<Token> tokens_of(const Prompt& prompt);

struct Attended {
    std::vector<Token> tokens;
    std::uint32_t prompt_tokens = 0;
    std::map<std::uint32_t, std::vector<analysis::HeadMetrics>> metrics;  // by layer, one per head
    std::map<std::uint32_t, trace::AttentionMap> maps;
    Heads heads;                                                     // those looked at
    std::map<std::uint32_t, std::vector<double>> block_output_norm;  // by layer, one per token
    std::map<std::uint32_t, analysis::MovedNorms> moved_norms;       // by layer
    std::map<std::uint32_t, std::vector<float>> rollout;             // by layer, [tokens, tokens]
    std::vector<float> logits;                                       // of the last token
    std::map<std::uint32_t, analysis::Received> received;            // by layer, of all heads
    analysis::States states;
    std::map<std::uint32_t, std::vector<float>> distances;  // by layer, of all heads: HeadDistanceSink
    std::string_view numerics;                              // forward::kNumerics
    Findings findings;                                      // about the model and its execution
};

// The places of punctuation and line breaks, ascending.
std::vector<std::uint32_t> delimiters_of(std::span<const Token> tokens);

// Looks on while a question is answered.
class Onlooker {
public:
    virtual ~Onlooker() = default;
    virtual void generates(std::uint64_t /*at_most*/) {}
    virtual void generated() {}  // one more
    // All tokens are known, and the pass that is looked at begins, with so many weights in the layers looked at. These
    // sinks are told of it, too; they outlive it.
    virtual std::vector<trace::Sink*> attends(std::span<const Token> /*tokens*/, std::uint64_t /*weights*/) {
        return {};
    }
    virtual void attended(std::uint64_t /*weights*/) {}  // so many more; one at a time, from any thread
};

// Throws not_found when a layer asked for does not attend or a head is not there; refused when the run and the maps
// would take more than run.max_memory; unsupported for a rollout through layers that mix tokens other than by
// attention; what generating, running the model and the onlooker throw.
Attended attend(const gguf::File& file, const model::ModelSpec& spec, const Prompt& prompt, const Question& question,
                Onlooker* onlooker = nullptr);

}  // namespace attnx::study
