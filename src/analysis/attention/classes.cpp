// Every class of heads: one row each. Flags, tables, JSON and docs/formulas.md walk these rows.
#include "attnx/analysis/head_classes.h"

namespace attnx::analysis {
namespace {

// Thresholds: previous, self, induction and duplicate of ARENA's detectors (chapter 1.2); sink and delimiter of Clark
// et al. 2019, arXiv 1906.04341; local and uniform are ours.
constexpr HeadClass kClasses[] = {
    {.id = "sink", .meaning = "the first token", .metric = "first_token", .threshold = 0.6},
    {.id = "previous", .meaning = "the token before", .metric = "previous_token", .threshold = 0.4},
    {.id = "self", .meaning = "the token itself", .metric = "self", .threshold = 0.4},
    {.id = "induction",
     .meaning = "what followed the same token",
     .metric = "induction",
     .threshold = 0.4,
     .told_by = ToldBy::probe},
    {.id = "duplicate",
     .meaning = "the same token earlier",
     .metric = "duplicate",
     .threshold = 0.4,
     .told_by = ToldBy::probe},
    {.id = "local", .meaning = "the last five tokens", .metric = "local", .threshold = 0.6},
    {.id = "uniform",
     .meaning = "all it sees alike",
     .metric = "relative_entropy",
     .threshold = 0.8,
     .times_uniform = 0},
    {.id = "delimiter",
     .meaning = "punctuation, line breaks",
     .metric = "delimiter",
     .threshold = 0.6,
     .told_by = ToldBy::text},
};

}  // namespace

std::span<const HeadClass> head_classes() { return kClasses; }

const HeadClass* find_head_class(std::string_view id) {
    for (const HeadClass& row : kClasses)
        if (row.id == id) return &row;
    return nullptr;
}

bool is_of(const HeadClass& row, double threshold, std::optional<double> score, std::optional<double> uniform) {
    if (!score || *score < threshold) return false;
    return row.times_uniform == 0 || (uniform && *score >= row.times_uniform * *uniform);
}

}  // namespace attnx::analysis
