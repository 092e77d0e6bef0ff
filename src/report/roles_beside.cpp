#include "roles_beside.h"

#include <fmt/format.h>

#include <algorithm>

namespace attnx::report {
namespace {

using study::Roles;
using view::Cell;
using view::Show;
using view::Unit;

constexpr std::size_t kMostAlike = 12;

void add_secondary_sinks(view::Document& document, const Roles& roles, bool people) {
    if (!roles.secondary_sinks) {
        document.blocks.emplace_back(view::Facts{.facts = {{.id = "secondary_sinks"}}, .show = Show::scripts});
        return;
    }
    view::Table table{.id = "secondary_sinks",
                      .title = "Tokens beside the first on which layers rest",
                      .show = people && !roles.secondary_sinks->empty() ? Show::all : Show::scripts};
    table.columns = {{"layer", "layer", Unit::id},
                     {"position", "position", Unit::id},
                     {"piece", "token"},
                     {"mass", "paid", Unit::real},
                     {"uniform", "uniform", Unit::real}};
    for (const analysis::SecondarySink& sink : *roles.secondary_sinks)
        table.rows.push_back(
            {sink.layer, sink.position, view::Token{(*roles.text)[sink.position].piece}, sink.mass, sink.uniform});
    document.blocks.emplace_back(std::move(table));
}

void add_similarity(view::Document& document, const Roles& roles) {
    struct PairOfHeads {
        std::uint32_t layer, a, b;
        double js;
    };
    std::vector<PairOfHeads> pairs;
    std::size_t index = 0;
    for (const auto& [layer, js] : roles.similarity) {
        std::uint64_t heads = 0;
        while (heads * heads < js.size()) ++heads;
        const std::string path = fmt::format("similarity/{}/", index++);
        document.blocks.emplace_back(
            view::Facts{.facts = {{.id = path + "layer", .value = layer}}, .show = Show::scripts});
        document.blocks.emplace_back(view::Numbers{path + "js", {heads, heads}, view::rows_of(js, heads)});
        for (std::uint32_t a = 0; a < heads; ++a)
            for (std::uint32_t b = a + 1; b < heads; ++b)
                pairs.push_back({layer, a, b, static_cast<double>(js[a * heads + b])});
    }
    if (pairs.empty()) return;
    std::ranges::stable_sort(pairs, {}, &PairOfHeads::js);
    view::Table table{.title = "Heads that attend most alike (Jensen-Shannon, 0 to 0.69)", .show = Show::people};
    table.columns = {{.label = "layer", .unit = Unit::id},
                     {.label = "head", .unit = Unit::id},
                     {.label = "and", .unit = Unit::id},
                     {.label = "distance", .unit = Unit::real}};
    for (std::size_t i = 0; i < std::min(kMostAlike, pairs.size()); ++i)
        table.rows.push_back({pairs[i].layer, pairs[i].a, pairs[i].b, pairs[i].js});
    document.blocks.emplace_back(std::move(table));
}

void add_tokens(view::Document& document, const Roles& roles) {
    view::Table probes{.id = "probes", .show = Show::scripts};
    probes.columns = {{"seed", "seed", Unit::id}, {"tokens", "tokens"}};
    for (const study::Probe& probe : roles.probes) {
        view::List ids;
        for (const std::uint32_t id : probe.ids) ids.emplace_back(id);
        probes.rows.push_back({probe.seed, std::move(ids)});
    }
    document.blocks.emplace_back(std::move(probes));
    Cell text;
    if (roles.text) {
        view::List ids;
        for (const study::Token& token : *roles.text) ids.emplace_back(token.id);
        text = std::move(ids);
    }
    document.blocks.emplace_back(
        view::Facts{.facts = {{.id = "text_tokens", .value = std::move(text)}}, .show = Show::scripts});
}

}  // namespace

void add_beside_heads(view::Document& document, const Roles& roles, bool people) {
    add_secondary_sinks(document, roles, people);
    add_similarity(document, roles);
    add_tokens(document, roles);
}

}  // namespace attnx::report
