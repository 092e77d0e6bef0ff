// report: what a model attended to.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/model/spec.h"
#include "attnx/study/attend.h"
#include "attnx/view/document.h"

namespace attnx::report {

// What is done to rows before they are drawn and listed; never to the maps that scripts get.
struct RowChanges {
    bool value_weighted = false;  // weights times the length of what is moved
    bool drop_first = false;      // without the first token's column
    bool renormalise = false;     // what is left of each row sums to 1
};

struct DrawnMap {
    std::uint32_t layer = 0;
    std::optional<std::uint32_t> head = {};  // nothing: the mean of those looked at
    view::Scale scale = view::Scale::linear;
    bool grid = false;     // all heads looked at, each by itself
    bool rollout = false;  // through all layers up to this one
    RowChanges changes = {};
};

struct AttendOptions {
    std::optional<DrawnMap> drawn;
    bool layers = false;       // which layers and heads were looked at, for scripts …
    bool maps = false;         // … with their maps
    std::uint32_t top = 0;     // how many keys of each query of what is drawn are listed
    std::uint32_t logits = 0;  // how many of the last token's
    bool per_head = false;     // metrics head by head for people too
    bool curves = false;       // first token, token before and self by layer for people too
};

// The document refers to what was computed, and keeps it.
view::Document attend(const view::ModelRef& model, const model::ModelSpec& spec,
                      const std::shared_ptr<const study::Attended>& attended, const AttendOptions& options);

// The tokens, for scripts: `tokens` of the answer and of what describes an export.
view::Table token_table(std::span<const study::Token> tokens);
view::Facts numerics_fact(std::string_view numerics);  // for scripts

}  // namespace attnx::report
