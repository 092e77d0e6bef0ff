// study: what heads do, told by repeated random tokens and by a text.
//
//   const auto file = gguf::File::open("model.gguf");
//   const auto spec = model::build_spec(file);
//   const study::Roles roles = study::roles(file, spec, std::nullopt, {});
//   for (const study::HeadRole& head : roles.heads)
//       if (head.classes) for (const analysis::HeadClass* row : *head.classes) …  // row->id
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/analysis/head_classes.h"
#include "attnx/study/attend.h"
#include "attnx/study/probe.h"

namespace attnx::study {

struct RolesQuestion {
    Heads heads = {};           // looked at; empty: all_heads
    std::uint32_t length = 50;  // random tokens of a probe, which come twice
    std::uint32_t seeds = 3;    // probes
    std::uint64_t first_seed = 1;
    std::map<std::string, double, std::less<>> thresholds = {};  // of classes, instead of their own
    double sink_above = 0.3;  // heads that pay more to the first token count as sinks
    bool similarity = false;  // of the heads of each layer, on the text
    Run run = {};
};

// Of analysis::attention_metrics(), in their order.
using Scores = std::vector<std::optional<double>>;

struct HeadRole {
    std::uint32_t layer = 0, head = 0, kv_head = 0;
    Scores probe;                                                    // means over the probes
    std::optional<Scores> text;                                      // nothing: there is no text
    std::optional<std::vector<const analysis::HeadClass*>> classes;  // nothing: too few tokens to tell any
};

// What uniform attention has under the mask of a layer.
struct UniformScores {
    Scores probe;
    std::optional<Scores> text;
};

struct Roles {
    std::uint32_t length = 0;  // of the probes: n
    std::vector<Probe> probes;
    std::optional<std::vector<Token>> text;
    std::map<std::uint32_t, UniformScores> uniform;  // by layer
    std::vector<double> thresholds;                  // of analysis::head_classes(), in their order
    double sink_above = 0;
    std::optional<double> sink_rate;                                      // share of heads; nothing: too few tokens
    bool sink_rate_of_text = false;                                       // or of the probes
    std::optional<std::vector<analysis::SecondarySink>> secondary_sinks;  // nothing: no text, or one too short
    std::vector<HeadRole> heads;                                          // by layer and head
    std::map<std::uint32_t, std::vector<float>> similarity;               // by layer: Jensen-Shannon, [head, head]
    std::string_view numerics;                                            // forward::kNumerics
    Findings findings;

    // What a class is told by; nothing where that has too few tokens, or is not there.
    enum class Of : std::uint8_t { probe, text };
    std::optional<Of> evidence(const analysis::HeadClass& row) const;
    std::optional<double> score(const analysis::HeadClass& row, const HeadRole& head) const;
    std::optional<double> uniform_score(const analysis::HeadClass& row, std::uint32_t layer) const;
};

// Throws what attend throws for the text and for the probes, each told to the onlooker; refused when the vocabulary has
// too few ordinary tokens for a probe, or a probe is longer than the trained context.
Roles roles(const gguf::File& file, const model::ModelSpec& spec, const std::optional<Prompt>& text,
            const RolesQuestion& question, Onlooker* onlooker = nullptr);

// The same of a text that has been looked at: the same heads, and what each key is paid.
Roles roles(const gguf::File& file, const model::ModelSpec& spec, const Prompt& text, const Attended& looked_at,
            const RolesQuestion& question, Onlooker* onlooker = nullptr);

}  // namespace attnx::study
