#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "attnx/base/text.h"
#include "diff_parts.h"

namespace attnx::report {
namespace {

using study::HeadDistance;
using view::Cell;
using view::Show;
using view::Unit;

// One row per layer: means of its heads, and the head that is farthest away.
view::Table layers_for_people(const study::Compared& attention) {
    view::Table table{.title = "Attention of A and B, by layer", .show = Show::people};
    table.columns = {{"", "layer", Unit::id},   {"", "mean JS", Unit::real}, {"", "greatest JS", Unit::real},
                     {"", "of head", Unit::id}, {"", "max |Δ|", Unit::real}, {"", "same strongest key", Unit::percent}};
    std::map<std::uint32_t, std::vector<HeadDistance>> layers;
    for (const HeadDistance& head : attention.heads) layers[head.layer].push_back(head);
    for (const auto& [layer, heads] : layers) {
        const HeadDistance& farthest = *std::ranges::max_element(heads, {}, &HeadDistance::js);
        double js = 0, same = 0, most = 0;
        for (const HeadDistance& head : heads) {
            js += head.js;
            same += head.same_strongest;
            most = std::max(most, head.max_abs);
        }
        const auto count = static_cast<double>(heads.size());
        table.rows.push_back({layer, js / count, farthest.js, farthest.head, most, same / count});
    }
    return table;
}

view::Table heads_for_scripts(const study::Compared& attention) {
    view::Table table{.id = "attention/layers", .show = Show::scripts};
    table.columns = {{"layer"}, {"head"}, {"js"}, {"max_abs"}, {"same_strongest"}};
    for (const HeadDistance& head : attention.heads)
        table.rows.push_back({head.layer, head.head, head.js, head.max_abs, head.same_strongest});
    return table;
}

}  // namespace

bool add_attention(Blocks& blocks, const study::Compared& attention, double tolerance) {
    view::Table tokens{.id = "attention/tokens", .show = Show::scripts};
    tokens.columns = {{"id"}, {"piece"}};
    for (const study::Token& token : attention.tokens) tokens.rows.push_back({token.id, view::Token{token.piece}});
    blocks.emplace_back(std::move(tokens));
    view::List left_out;
    for (const std::uint32_t layer : attention.left_out) left_out.emplace_back(layer);
    view::Facts facts{.title = "What they say next"};
    facts.facts = {
        {.id = "attention/numerics", .value = attention.numerics, .show = Show::scripts},
        {.id = "attention/kl_last", .label = "KL after the last token", .value = attention.kl_last, .unit = Unit::real},
        {.id = "attention/kl_mean", .label = "mean KL", .value = attention.kl_mean, .unit = Unit::real},
        {.id = "attention/top1_agreement",
         .label = "same likeliest token",
         .value = attention.top1_agreement,
         .unit = Unit::percent},
        {.id = "attention/left_out", .value = std::move(left_out), .show = Show::scripts}};
    blocks.emplace_back(layers_for_people(attention));
    blocks.emplace_back(heads_for_scripts(attention));
    blocks.emplace_back(std::move(facts));
    if (!attention.left_out.empty())
        blocks.emplace_back(view::Note{fmt::format("Left out: layers {}, which do not attend alike in both models.",
                                                   fold_alike(attention.left_out))});
    const auto near = [&](const HeadDistance& head) { return head.max_abs <= tolerance; };
    return std::ranges::all_of(attention.heads, near) && attention.left_out.empty() &&
           !(attention.kl_mean.value_or(0) > tolerance);
}

}  // namespace attnx::report
