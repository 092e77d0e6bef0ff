#include "attnx/report/lens.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "attnx/report/attend.h"
#include "attnx/view/token.h"
#include "head_map.h"
#include "viewer_panels.h"

namespace attnx::report {

using forward::Attribution;
using study::Lens;
using study::LensLayer;
using view::Cell;
using view::Show;
using view::Unit;

namespace {

using PieceOf = std::function<std::string(std::uint32_t)>;

constexpr std::size_t kMostParts = 20, kGuessesBeside = 2;  // for people

view::Facts target_facts(const Lens& lens, const PieceOf& piece) {
    const Attribution& parts = lens.attribution;
    view::Facts facts;
    const auto add = [&](const char* id, const char* label, Cell value, Unit unit, Show show, std::string remark = {}) {
        facts.facts.push_back(
            {std::string("attribution/") + id, label, std::move(value), unit, show, std::move(remark)});
    };
    add("target/id", "", lens.target, Unit::id, Show::scripts);
    add("target/piece", "target", view::Token{piece(lens.target)}, Unit::none, Show::all,
        fmt::format("after token {}", lens.position));
    add("position", "", lens.position, Unit::id, Show::scripts);
    add("logit", "its logit", parts.logit, Unit::real, Show::all,
        lens.capped ? "before the cap that this model's logits end in" : "");
    add("embedding", "", parts.embedding, Unit::real, Show::scripts);
    add("other", "", parts.other, Unit::real, Show::scripts);
    add("rounding", "", parts.rounding, Unit::real, Show::scripts);
    add("total", "", parts.total(), Unit::real, Show::scripts);
    return facts;
}

// ---- Logit lens ----

// "·the 12.0 % | …", from the second guess on.
std::string beside_text(const std::vector<analysis::Guess>& guesses, const PieceOf& piece) {
    std::string text;
    for (std::size_t i = 1; i < std::min(guesses.size(), 1 + kGuessesBeside); ++i)
        text += fmt::format("{}{} {:.1f} %", i == 1 ? "" : " | ", view::visible_token(piece(guesses[i].id)),
                            100 * guesses[i].probability);
    return text;
}

view::Table lens_table(const Lens& lens, const PieceOf& piece) {
    view::Table table{.title = fmt::format("What it would say after each layer, at token {} {}", lens.position,
                                           view::visible_token(lens.tokens.at(lens.position).piece)),
                      .columns = {{.label = "layer", .unit = Unit::id},
                                  {.label = "says"},
                                  {.label = "probability", .unit = Unit::percent},
                                  {.look = view::Look::bar},
                                  {.label = "then", .shrink = true}},
                      .show = Show::people};
    for (const LensLayer& layer : lens.layers) {
        const std::vector<analysis::Guess>& guesses = layer.positions.at(lens.position);
        if (guesses.empty()) continue;
        const analysis::Guess& first = guesses.front();
        table.rows.push_back({layer.layer, view::Token{piece(first.id)}, first.probability, first.probability,
                              beside_text(guesses, piece)});
    }
    return table;
}

void add_layers_for_scripts(std::vector<view::Block>& blocks, const Lens& lens, const PieceOf& piece) {
    view::Table layers{.id = "layers", .columns = {{"layer", "", Unit::id}}, .show = Show::scripts};
    for (const LensLayer& layer : lens.layers) layers.rows.push_back({layer.layer});
    blocks.emplace_back(std::move(layers));
    for (std::size_t l = 0; l < lens.layers.size(); ++l) {
        view::Table positions{.id = fmt::format("layers/{}/positions", l),
                              .columns = {{"position", "", Unit::id}},
                              .show = Show::scripts};
        const auto& of_layer = lens.layers[l].positions;
        for (std::uint32_t p = 0; p < of_layer.size(); ++p) positions.rows.push_back({p});
        const std::string at = positions.id;
        blocks.emplace_back(std::move(positions));
        for (std::size_t p = 0; p < of_layer.size(); ++p) {
            view::Table top{.id = fmt::format("{}/{}/top", at, p),
                            .columns = {{"id", "", Unit::id}, {"piece"}, {"probability", "", Unit::percent}},
                            .show = Show::scripts};
            for (const analysis::Guess& guess : of_layer[p])
                top.rows.push_back({guess.id, view::Token{piece(guess.id)}, guess.probability});
            blocks.emplace_back(std::move(top));
        }
    }
}

// How sure it would be after each layer; on paper with what it would say.
view::Matrix lens_map(const Lens& lens, const PieceOf& piece) {
    view::Matrix map{.title = "What it would say after each layer and token, and how surely",
                     .rows = {.name = "layers", .size = lens.layers.size()},
                     .columns = {.name = "tokens", .size = lens.tokens.size()},
                     .shading = {.range = view::Range{0, 1}}};
    for (const study::Token& token : lens.tokens) map.columns.labels.emplace_back(view::Token{token.piece});
    std::vector<float> values;
    for (const LensLayer& layer : lens.layers) {
        map.rows.labels.emplace_back(layer.layer);
        for (const std::vector<analysis::Guess>& guesses : layer.positions) {
            values.push_back(guesses.empty() ? std::nanf("") : static_cast<float>(guesses.front().probability));
            map.words.push_back(view::Token{guesses.empty() ? std::string() : piece(guesses.front().id)});
        }
    }
    map.values = view::rows_of(std::move(values), lens.tokens.size());
    return map;
}

// ---- Attribution ----

struct Part {
    std::string name;
    double value = 0;
};

std::vector<Part> parts_of(const Attribution& all) {
    std::vector<Part> parts{{"embedding", all.embedding}};
    for (const Attribution::OfHead& head : all.heads)
        parts.push_back({fmt::format("head {}.{}", head.layer, head.head), head.value});
    for (const Attribution::OfLayer& layer : all.feed_forward)
        parts.push_back({fmt::format("feed-forward {}", layer.layer), layer.value});
    for (const Attribution::OfLayer& layer : all.mixers)
        parts.push_back({fmt::format("mixer {}", layer.layer), layer.value});
    parts.push_back({"other", all.other});
    if (all.rounding != 0) parts.push_back({"rounding", all.rounding});
    return parts;
}

// The largest, and how much the rest is together.
view::Table largest_parts(const Lens& lens, const PieceOf& piece) {
    std::vector<Part> parts = parts_of(lens.attribution);
    std::ranges::stable_sort(parts, std::greater<>{}, [](const Part& part) { return std::fabs(part.value); });
    const std::size_t shown = std::min(parts.size(), kMostParts);
    view::Table table{.title = fmt::format("What {} is made of: the largest of {} parts of its logit",
                                           view::visible_token(piece(lens.target)), parts.size()),
                      .columns = {{.label = "part"}, {.label = "adds", .unit = Unit::real}, {.look = view::Look::bar}},
                      .show = Show::people};
    if (shown == parts.size())
        table.title =
            fmt::format("What {} is made of: the parts of its logit", view::visible_token(piece(lens.target)));
    double rest = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i < shown) table.rows.push_back({parts[i].name, parts[i].value, parts[i].value});
        else rest += parts[i].value;
    }
    if (shown < parts.size()) table.rows.push_back({fmt::format("the other {}", parts.size() - shown), rest, rest});
    table.footer = {"total", lens.attribution.total(), {}};
    return table;
}

void add_attribution(std::vector<view::Block>& blocks, const Lens& lens, const PieceOf& piece) {
    add_attribution_tables(blocks, lens.attribution);
    std::vector<HeadNumber> numbers;
    for (const Attribution::OfHead& head : lens.attribution.heads)
        numbers.push_back({head.layer, head.head, head.value});
    blocks.emplace_back(largest_parts(lens, piece));
    view::Matrix map = head_map(numbers);
    map.title = fmt::format("What each head adds to the logit of {}", view::visible_token(piece(lens.target)));
    map.shading.tint = view::Tint::diverging;
    if (map.rows.size > 0) blocks.emplace_back(std::move(map));
}

}  // namespace

void add_attribution_tables(std::vector<view::Block>& blocks, const Attribution& parts) {
    view::Table heads{
        .id = "attribution/heads",
        .columns = {{"layer", "layer", Unit::id}, {"head", "head", Unit::id}, {"value", "adds", Unit::real}},
        .show = Show::scripts};
    for (const Attribution::OfHead& head : parts.heads) heads.rows.push_back({head.layer, head.head, head.value});
    blocks.emplace_back(std::move(heads));
    for (const auto& [id, layers] :
         {std::pair("feed_forward", &parts.feed_forward), std::pair("mixers", &parts.mixers)}) {
        view::Table table{.id = fmt::format("attribution/{}", id),
                          .columns = {{"layer", "", Unit::id}, {"value", "", Unit::real}},
                          .show = Show::scripts};
        for (const Attribution::OfLayer& layer : *layers) table.rows.push_back({layer.layer, layer.value});
        blocks.emplace_back(std::move(table));
    }
}

view::Document lens(const view::ModelRef& model, const Lens& lens, const PieceOf& piece) {
    view::Document document;
    document.command = "lens";
    document.model = model;
    document.csv_table = "attribution/heads";
    document.findings = lens.findings;
    document.blocks.emplace_back(numerics_fact(lens.numerics));
    document.blocks.emplace_back(token_table(lens.tokens));
    document.blocks.emplace_back(target_facts(lens, piece));
    add_layers_for_scripts(document.blocks, lens, piece);
    document.blocks.emplace_back(lens_table(lens, piece));
    document.blocks.emplace_back(lens_map(lens, piece));
    add_attribution(document.blocks, lens, piece);
    document.blocks.emplace_back(view::Note{
        "A layer's stream is read by the final norm and output head as if it were the last. Parts add up to the logit with "
        "the scales of norms as they were: what a part adds is not what the model would lose without it (attnx ablate). "
        "other: biases and what is neither head nor feed-forward."});
    return document;
}

}  // namespace attnx::report
