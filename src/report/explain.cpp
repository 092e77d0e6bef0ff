#include "attnx/report/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "attnx/report/attend.h"
#include "attnx/view/token.h"
#include "geometry.h"
#include "layers.h"

namespace attnx::report {
namespace {

using analysis::ExplainedKey;
using analysis::Explanation;
using view::Cell;
using view::Show;
using view::Unit;

constexpr std::size_t kMostKeys = 40, kMostDimensions = 8;  // for people

// What a command explains, with a model or by hand.
struct Explaining {
    const Explanation& steps;
    const std::vector<analysis::Product>& products;
    std::uint32_t key = 0;
    bool softcap = false, gated = false;
    const study::Explained* why = nullptr;  // nullptr: by hand

    Cell piece(std::uint32_t token) const {
        return why == nullptr ? Cell() : Cell(view::Token{why->tokens[token].piece});
    }
};

class Builder {
public:
    explicit Builder(view::Facts& facts) : facts_(facts) {}
    void all(std::string id, std::string label, Cell value, Unit unit = Unit::none, std::string remark = "") {
        facts_.facts.push_back({std::move(id), std::move(label), std::move(value), unit, Show::all, std::move(remark)});
    }
    void scripts(std::string id, Cell value) {
        facts_.facts.push_back({.id = std::move(id), .value = std::move(value), .show = Show::scripts});
    }
    void people(std::string label, std::string value) {
        facts_.facts.push_back({.label = std::move(label), .value = std::move(value), .show = Show::people});
    }

private:
    view::Facts& facts_;
};

std::string scale_remark(double scale, std::size_t dimensions) {
    const double root = 1 / std::sqrt(static_cast<double>(dimensions));
    return std::abs(scale - root) < 1e-6 * root ? fmt::format("1/√{}", dimensions) : "";
}

void add_rope(Builder& facts, const std::optional<model::RopePlan>& rope) {
    if (!rope) {
        facts.scripts("mapping/rope", Cell());
        return facts.people("rope", "none: queries and keys are not rotated");
    }
    facts.scripts("mapping/rope/type", std::string(to_string(rope->type)));
    facts.scripts("mapping/rope/dimension_count", rope->dimensions);
    facts.scripts("mapping/rope/freq_base", static_cast<double>(rope->base));
    facts.scripts("mapping/rope/scale", static_cast<double>(rope->scale));
    std::string text = fmt::format("{}, {} dimensions, base {:g}", to_string(rope->type), rope->dimensions, rope->base);
    if (rope->scale != 1.0F) text += fmt::format(", slowed by {:g}", rope->scale);
    facts.people("rope", text + "; q and k below are rotated");
}

std::string mapping_text(const study::Explained& why, const std::vector<std::uint32_t>& mates) {
    if (mates.size() == 1)
        return fmt::format("head {} of {}, with keys and values of its own", why.head, why.head_count);
    return fmt::format("head {} of {} reads the keys and values of KV head {} of {}, with heads {}", why.head,
                       why.head_count, why.kv_head(), why.kv_head_count, fmt::join(mates, ", "));
}

view::Facts mapping(const model::ModelSpec& spec, const study::Explained& why, std::size_t dimensions) {
    view::Facts block{.title = fmt::format("Layer {}, head {}", why.layer, why.head)};
    Builder facts(block);
    const model::LayerSpec& layer = spec.layers.at(why.layer);
    const std::vector<std::uint32_t> mates = why.mates();
    view::List list;
    for (const std::uint32_t head : mates) list.emplace_back(head);
    facts.all("mapping/kind", "kind", attention_kind(layer));
    facts.scripts("mapping/layer", why.layer);
    facts.scripts("mapping/head", why.head);
    facts.scripts("mapping/kv_head", why.kv_head());
    facts.scripts("mapping/heads_of_this_kv_head", std::move(list));
    facts.people("keys", mapping_text(why, mates));
    facts.scripts("mapping/window", window_cell(spec, why.layer));
    facts.scripts("mapping/visible", view::List{why.visible.first, why.visible.end - 1});
    facts.people("sees", fmt::format("keys {} to {}{}", why.visible.first, why.visible.end - 1,
                                     layer.sliding ? fmt::format(" (window {})", spec.window.size) : ""));
    add_rope(facts, layer.rotation);
    facts.all("mapping/scale", "scale", why.scale, Unit::real, scale_remark(why.scale, dimensions));
    facts.scripts("mapping/softcap", why.softcap);
    if (why.softcap) facts.people("soft cap", fmt::format("{0:g}·tanh(score/{0:g})", *why.softcap));
    return block;
}

view::Facts mapping(const ByHand& by_hand) {
    view::Facts block;
    Builder facts(block);
    for (const char* id : {"kind", "layer", "head", "kv_head", "heads_of_this_kv_head", "window", "rope", "softcap"})
        facts.scripts(std::string("mapping/") + id, Cell());
    const std::uint64_t last = by_hand.problem.keys.size() - 1;
    facts.scripts("mapping/visible", view::List{std::uint64_t{0}, last});
    facts.all("mapping/scale", "scale", by_hand.problem.scale, Unit::real,
              scale_remark(by_hand.problem.scale, by_hand.problem.query.size()));
    return block;
}

view::Facts query(const Explaining& e) {
    view::Facts block{.title = "Query"};
    Builder facts(block);
    if (e.why != nullptr) {
        facts.all("query/position", "position", e.why->query, Unit::id);
        facts.all("query/piece", "token", e.piece(e.why->query));
    } else {
        facts.scripts("query/position", Cell());
        facts.scripts("query/piece", Cell());
    }
    facts.all("query/norm", "length", e.steps.query_norm, Unit::real);
    return block;
}

// Which of the keys people see: all, or the heaviest.
std::set<std::size_t> shown_keys(const Explanation& steps) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < steps.keys.size(); ++i) order.push_back(i);
    std::ranges::stable_sort(order,
                             [&](std::size_t a, std::size_t b) { return steps.keys[a].weight > steps.keys[b].weight; });
    order.resize(std::min(order.size(), kMostKeys));
    return {order.begin(), order.end()};
}

// People see a column only where it changes something.
view::Table key_table(const Explaining& e) {
    const bool biased = std::ranges::any_of(e.steps.keys, [](const ExplainedKey& k) { return k.bias != 0; });
    const bool valued = e.steps.keys.front().value_norm.has_value(),
               moved = e.steps.keys.front().moved_norm.has_value();
    const auto only_if = [](bool changes) { return changes ? Show::all : Show::scripts; };
    return {.id = "keys",
            .columns = {{"key", "key", Unit::id},
                        {"piece", "token", Unit::none, only_if(e.why != nullptr)},
                        {"norm", "‖k‖", Unit::real},
                        {"dot", "q·k", Unit::real},
                        {"scaled", "× scale", Unit::real},
                        {"capped", "capped", Unit::real, only_if(e.softcap)},
                        {"bias", "bias", Unit::real, only_if(biased)},
                        {"exponent", "e^(s−max)", Unit::real},
                        {"weight", "weight", Unit::real},
                        {"value_norm", "‖v‖", Unit::real, only_if(valued)},
                        {"moved_norm", "‖W_O v‖", Unit::real, only_if(moved)}}};
}

std::vector<Cell> key_row(const Explaining& e, const ExplainedKey& key) {
    return {key.key,  e.piece(key.key), key.norm,   key.dot,        key.scaled,    key.capped,
            key.bias, key.exponent,     key.weight, key.value_norm, key.moved_norm};
}

void add_keys(std::vector<view::Block>& blocks, const Explaining& e) {
    view::Table all = key_table(e);
    const std::set<std::size_t> shown = shown_keys(e.steps);
    for (const ExplainedKey& key : e.steps.keys) all.rows.push_back(key_row(e, key));
    if (shown.size() == e.steps.keys.size()) {
        all.title = "Keys";
        blocks.emplace_back(std::move(all));
        return;
    }
    view::Table some = key_table(e);
    some.show = Show::people;
    some.title = fmt::format("The {} heaviest of {} keys", shown.size(), e.steps.keys.size());
    for (const std::size_t i : shown) some.rows.push_back(all.rows[i]);
    all.show = Show::scripts;
    blocks.emplace_back(std::move(all));
    blocks.emplace_back(std::move(some));
}

view::Facts sums(const Explaining& e) {
    view::Facts block;
    Builder facts(block);
    facts.all("max", "max", e.steps.most, Unit::real);
    if (e.steps.sink) {
        facts.scripts("sink/logit", e.steps.sink->logit);
        facts.scripts("sink/exponent", e.steps.sink->exponent);
        facts.scripts("sink/weight", e.steps.sink->weight);
        facts.people("sink", fmt::format("a learned logit of {:.4g} takes {:.4g} of the sum: {:.1f} % goes nowhere",
                                         e.steps.sink->logit, e.steps.sink->exponent, 100 * e.steps.sink->weight));
    } else facts.scripts("sink", Cell());
    facts.all("sum", "sum of e^(s−max)", e.steps.sum, Unit::real);
    if (e.steps.output_norm) {
        const char* label = e.why != nullptr ? "length of what is added" : "length of the output";
        facts.all("output_norm", label, e.steps.output_norm, Unit::real,
                  e.gated            ? "before a gate that depends on the text"
                  : e.why != nullptr ? "W_O of this head times the weighted sum of values"
                                     : "");
    } else facts.scripts("output_norm", Cell());
    if (e.why == nullptr && !e.steps.output.empty()) {
        view::List output;
        for (const double v : e.steps.output) output.emplace_back(v);
        facts.all("output", "output", std::move(output), Unit::real);
    }
    return block;
}

void add_dimensions(std::vector<view::Block>& blocks, const Explaining& e) {
    view::Table all{.id = "dimensions",
                    .columns = {{"dimension", "dimension", Unit::id},
                                {"q", "q", Unit::real},
                                {"k", "k", Unit::real},
                                {"product", "product", Unit::real}}};
    for (const auto& p : e.products) all.rows.push_back({p.dimension, p.q, p.k, p.product});
    view::Table some = all;
    all.show = Show::scripts;
    some.show = Show::people;
    some.rows.resize(std::min(some.rows.size(), kMostDimensions));
    some.title =
        fmt::format("q·k with key {}{}, largest products of {} dimensions", e.key,
                    e.why == nullptr ? "" : " " + view::visible_token(e.why->tokens[e.key].piece), e.products.size());
    blocks.emplace_back(std::move(all));
    blocks.emplace_back(std::move(some));
}

void add_steps(view::Document& document, const Explaining& e) {
    document.csv_table = "keys";
    document.blocks.emplace_back(query(e));
    add_keys(document.blocks, e);
    document.blocks.emplace_back(sums(e));
    document.blocks.emplace_back(view::Facts{.facts = {{.id = "key", .value = e.key, .show = Show::scripts}}});
    add_dimensions(document.blocks, e);
    document.blocks.emplace_back(
        view::Note{"weight = e^(s−max) / sum, s being q·k × scale, then soft cap and bias where the "
                   "model has them; max the largest s. Masked keys take no part."});
}

}  // namespace

view::Document explain(const view::ModelRef& model, const model::ModelSpec& spec, const study::Explained& why) {
    view::Document document{.command = "explain", .model = model, .findings = why.findings};
    document.blocks.emplace_back(token_table(why.tokens));
    document.blocks.emplace_back(numerics_fact(why.numerics));
    document.blocks.emplace_back(mapping(spec, why, why.products.size()));
    add_steps(document, {.steps = why.explanation,
                         .products = why.products,
                         .key = why.key,
                         .softcap = why.softcap.has_value(),
                         .gated = why.gated,
                         .why = &why});
    return document;
}

view::Document explain(const ByHand& by_hand) {
    view::Document document{.command = "explain"};
    const auto products = analysis::products_of(by_hand.problem.query, by_hand.problem.keys.at(by_hand.key));
    document.blocks.emplace_back(mapping(by_hand));
    add_steps(document, {.steps = by_hand.explanation, .products = products, .key = by_hand.key});
    return document;
}

}  // namespace attnx::report
