// report: what a model attended to.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attnx/analysis/attention_metrics.h"
#include "attnx/base/findings.h"
#include "attnx/model/spec.h"
#include "attnx/trace/attention.h"
#include "attnx/view/document.h"

namespace attnx::report {

struct AttendedToken {
    std::uint32_t id = 0;
    std::string piece;  // raw bytes
    bool generated = false;
};

// What was computed. Maps are kept of the layers that are shown or exported as JSON only.
struct Attended {
    std::vector<AttendedToken> tokens;
    std::uint32_t prompt_tokens = 0;
    std::map<std::uint32_t, std::vector<analysis::HeadMetrics>> metrics;  // by layer, one per head
    std::map<std::uint32_t, trace::AttentionMap> maps;
    std::map<std::uint32_t, std::vector<std::uint32_t>> heads;       // those looked at, by layer
    std::map<std::uint32_t, std::vector<double>> block_output_norm;  // by layer, one per token
    std::vector<float> logits;                                       // of the last token
    Findings findings;                                               // about the model's execution
};

struct DrawnMap {
    std::uint32_t layer = 0;
    std::optional<std::uint32_t> head;  // nothing: the mean of those looked at
    view::Scale scale = view::Scale::linear;
};

struct AttendOptions {
    std::optional<DrawnMap> drawn;
    bool weights = false;      // the maps themselves, for scripts
    std::uint32_t logits = 0;  // how many of the last token's
    bool per_head = false;     // metrics head by head for people too
};

// The document refers to what was computed, and keeps it.
view::Document attend(const view::ModelRef& model, const model::ModelSpec& spec,
                      std::shared_ptr<const Attended> attended, const AttendOptions& options);

// The tokens, for scripts: `tokens` of the answer and of what describes an export.
view::Table token_table(std::span<const AttendedToken> tokens);

// A piece as one line of visible text: spaces as "·", line breaks as "⏎", bytes that are not text as <0xE2>.
std::string visible_piece(std::string_view piece);

}  // namespace attnx::report
