#include <algorithm>
#include <limits>

#include "weights_parts.h"

namespace attnx::report {

using analysis::LayerWeightReport;
using analysis::WeightReport;
using view::Show;
using view::Unit;

namespace {

constexpr std::size_t kStrongest = 12;  // compositions shown of each kind

void add_strongest(view::Document& document, const analysis::Composition& composition, const WeightsView& view) {
    view::Table table{.id = "composition/strongest", .title = "Strongest compositions"};
    table.columns = {{"kind", "through"},
                     {"from_layer", "from layer", Unit::id},
                     {"from_head", "head", Unit::id},
                     {"to_layer", "to layer", Unit::id},
                     {"to_head", "head", Unit::id},
                     {"score", "score", Unit::real},
                     {"above_baseline", "above random", Unit::real}};
    for (const auto kind : {analysis::CompositionKind::q, analysis::CompositionKind::k, analysis::CompositionKind::v}) {
        std::vector<analysis::CompositionPair> pairs;
        for (const auto& pair : composition.pairs)
            if (pair.kind == kind && (!view.shown || view.shown(pair.to_layer, pair.to_head))) pairs.push_back(pair);
        const std::size_t count = std::min(kStrongest, pairs.size());
        std::partial_sort(pairs.begin(), pairs.begin() + static_cast<std::ptrdiff_t>(count), pairs.end(),
                          [](const auto& a, const auto& b) { return a.score > b.score; });
        for (std::size_t i = 0; i < count; ++i) {
            const auto& p = pairs[i];
            table.rows.push_back({analysis::to_string(kind), p.from_layer, p.from_head, p.to_layer, p.to_head, p.score,
                                  p.score - composition.baseline});
        }
    }
    document.blocks.emplace_back(std::move(table));
}

// [from layer, from head, to layer, to head] over the measured layers; not a number where the second layer is
// not later.
void add_scores_for_scripts(view::Document& document, const WeightReport& report) {
    std::uint64_t layers = report.layers.size(), heads = 0;
    view::List indices;
    std::vector<std::uint64_t> place;
    for (const LayerWeightReport& layer : report.layers) {
        heads = std::max<std::uint64_t>(heads, layer.head_count);
        indices.emplace_back(layer.layer);
        place.resize(std::max<std::size_t>(place.size(), layer.layer + std::size_t{1}));
        place[layer.layer] = indices.size() - 1;
    }
    view::Facts facts;
    facts.show = Show::scripts;
    facts.facts.push_back({"composition/layers", "layers", std::move(indices)});
    document.blocks.emplace_back(std::move(facts));
    for (const auto kind : {analysis::CompositionKind::q, analysis::CompositionKind::k, analysis::CompositionKind::v}) {
        std::vector<float> scores(layers * heads * layers * heads, std::numeric_limits<float>::quiet_NaN());
        for (const auto& p : report.composition->pairs)
            if (p.kind == kind)
                scores[((place[p.from_layer] * heads + p.from_head) * layers + place[p.to_layer]) * heads + p.to_head] =
                    static_cast<float>(p.score);
        document.blocks.emplace_back(view::Numbers{"composition/" + std::string(analysis::to_string(kind)),
                                                   {layers, heads, layers, heads},
                                                   view::rows_of(std::move(scores), heads)});
    }
}

}  // namespace

void add_composition(view::Document& document, const WeightReport& report, const WeightsView& view) {
    if (!report.composition) return;
    view::Facts facts;
    facts.facts.push_back({.id = "composition/baseline",
                           .label = "random baseline",
                           .value = report.composition->baseline,
                           .unit = Unit::real,
                           .remark = "1/sqrt(d)"});
    add_strongest(document, *report.composition, view);
    document.blocks.emplace_back(std::move(facts));
    add_scores_for_scripts(document, report);
}

}  // namespace attnx::report
