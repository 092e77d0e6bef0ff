#include "attend_top.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "attend_drawing.h"
#include "attend_rows.h"
#include "attnx/view/token.h"
#include "cells.h"

namespace attnx::report {
namespace {

using view::Cell;
using view::Show;
using view::Unit;

struct Target {
    std::uint32_t key = 0;
    float weight = 0;
};

// The heaviest first; of equal ones the earlier. Masked keys (NaN) are none.
std::vector<Target> top_targets(view::RowValues row, std::uint32_t first, std::uint32_t count) {
    std::vector<Target> targets;
    for (std::uint32_t key = first; key < row.size(); ++key)
        if (!std::isnan(row[key])) targets.push_back({key, row[key]});
    std::ranges::stable_sort(targets, std::ranges::greater{}, &Target::weight);
    targets.resize(std::min<std::size_t>(targets.size(), count));
    return targets;
}

std::string numbered(const study::Attended& attended, std::uint32_t token) {
    return fmt::format("{} {}", token, view::visible_token(attended.tokens[token].piece));
}

std::string targets_text(const study::Attended& attended, const std::vector<Target>& targets) {
    std::string text;
    for (const Target& target : targets)
        text += fmt::format("{}{} {:.3f}", text.empty() ? "" : "   ", numbered(attended, target.key), target.weight);
    return text;
}

}  // namespace

void add_top(std::vector<view::Block>& blocks, const model::ModelSpec& spec,
             const std::shared_ptr<const study::Attended>& attended, const DrawnMap& drawn, std::uint32_t count) {
    const std::optional<std::uint32_t> head = drawn.rollout ? std::nullopt : head_drawn(*attended, drawn);
    view::Table queries{
        .id = "top",
        .columns = {{"layer", "layer", Unit::id}, {"head", "head", Unit::id}, {"query", "query", Unit::id}},
        .show = Show::scripts};
    view::Table people{.title = fmt::format("{} of each query{}", count == 1 ? "Heaviest key" : "Heaviest keys",
                                            changes_text(drawn.changes)),
                       .columns = {{.label = "query", .align = view::Align::left},
                                   {.label = "keys and weights", .align = view::Align::left, .shrink = true}},
                       .show = Show::people};
    std::vector<view::Block> targets;
    const view::RowSource rows = rows_drawn(spec, attended, drawn);
    for (std::uint32_t query = 0; query < attended->tokens.size(); ++query) {
        const std::vector<Target> top = top_targets(rows(query), drawn.changes.drop_first ? 1 : 0, count);
        queries.rows.push_back({drawn.layer, head, query});
        people.rows.push_back({numbered(*attended, query), targets_text(*attended, top)});
        view::Table its{.id = fmt::format("top/{}/targets", query),
                        .columns = {{"key", "key", Unit::id}, {"weight", "weight", Unit::real}},
                        .show = Show::scripts};
        for (const Target& target : top) its.rows.push_back({target.key, shortest(target.weight)});
        targets.emplace_back(std::move(its));
    }
    blocks.emplace_back(std::move(queries));
    blocks.insert(blocks.end(), targets.begin(), targets.end());
    blocks.emplace_back(std::move(people));
}

}  // namespace attnx::report
