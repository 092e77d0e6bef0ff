#include "attnx/report/states.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "attnx/report/attend.h"
#include "states_drawing.h"

namespace attnx::report {
namespace {

using analysis::HeadNorms;
using analysis::LayerNorms;
using analysis::VectorSizes;
using study::MeasuredStates;
using view::Cell;
using view::Show;
using view::Unit;

using Floats = std::vector<float>;

Floats over_heads(const HeadNorms& norms, bool norm_of_mean) { return norm_of_mean ? norms.of_mean : norms.mean(); }

// The first token often is unlike all others.
Cell of_first(const Floats& values) { return values.empty() ? Cell() : Cell(static_cast<double>(values.front())); }
Cell of_others(const Floats& values) {
    if (values.size() < 2) return {};
    double sum = 0;
    for (std::size_t i = 1; i < values.size(); ++i) sum += static_cast<double>(values[i]);
    return sum / static_cast<double>(values.size() - 1);
}

void append_first_and_others(std::vector<Cell>& row, const Floats& values) {
    row.push_back(of_first(values));
    row.push_back(of_others(values));
}

view::Table layer_table(const MeasuredStates& measured, const StatesView& view) {
    view::Table table{.id = "layers", .title = "Lengths by layer: of the first token, and of the others on average"};
    table.columns = {{"layer", "layer", Unit::id}};
    for (const auto& [id, label] :
         {std::pair("norm", "stream"), std::pair("q_norm", "Q"), std::pair("k_norm", "K"), std::pair("v_norm", "V")}) {
        table.columns.push_back({fmt::format("{}_first", id), fmt::format("{}, first", label), Unit::real});
        table.columns.push_back({fmt::format("{}_others", id), "others", Unit::real});
    }
    table.columns.push_back({"max", "largest", Unit::real});
    table.columns.push_back({"max_token", "at token", Unit::id});
    for (const auto& [layer, sizes] : measured.states.blocks) {
        std::vector<Cell> row = {layer};
        append_first_and_others(row, sizes.norm);
        const auto norms = measured.states.layers.find(layer);
        const LayerNorms none, &own = norms != measured.states.layers.end() ? norms->second : none;
        append_first_and_others(row, own.q.mean());
        append_first_and_others(row, over_heads(own.k, view.norm_of_mean));
        append_first_and_others(row, over_heads(own.v, view.norm_of_mean));
        const auto most = std::ranges::max_element(sizes.max);
        row.push_back(sizes.max.empty() ? Cell() : Cell(static_cast<double>(*most)));
        row.push_back(sizes.max.empty() ? Cell() : Cell(static_cast<std::uint64_t>(most - sizes.max.begin())));
        table.rows.push_back(std::move(row));
    }
    return table;
}

struct DrawnKind {
    DrawnSize size;
    const char* title;
};
constexpr DrawnKind kDrawn[] = {
    {DrawnSize::norm, "Lengths of the residual stream"},
    {DrawnSize::max, "Largest numbers of the residual stream"},
    {DrawnSize::q_norm, "Lengths of queries, heads averaged"},
    {DrawnSize::k_norm, "Lengths of keys"},
    {DrawnSize::v_norm, "Lengths of values"},
};

Floats drawn_row(const LayerNorms& norms, const StatesView& view) {
    switch (view.drawn) {
        case DrawnSize::q_norm: return norms.q.mean();
        case DrawnSize::k_norm: return over_heads(norms.k, view.norm_of_mean);
        case DrawnSize::v_norm: return over_heads(norms.v, view.norm_of_mean);
        default: return {};
    }
}

// Where the longest is many times the shortest, by how many times; from 0 then.
view::Shading shading_of(const Floats& values) {
    constexpr double kMany = 50;
    double least = std::numeric_limits<double>::infinity(), most = 0;
    for (const float value : values) {
        if (!std::isfinite(value)) continue;
        least = std::min(least, static_cast<double>(value));
        most = std::max(most, static_cast<double>(value));
    }
    if (most <= kMany * least) return {};
    return {.scale = view::Scale::logarithmic, .range = view::Range{0, most}};
}

}  // namespace

view::Matrix states_map(const MeasuredStates& measured, const StatesView& view) {
    const std::uint64_t tokens = measured.tokens.size();
    view::Matrix map{.rows = {.id = "layer", .name = "layers"}, .columns = {.name = "tokens", .size = tokens}};
    map.title = kDrawn[static_cast<std::size_t>(view.drawn)].title;
    for (const study::Token& token : measured.tokens) map.columns.labels.emplace_back(view::Token{token.piece});
    Floats values;
    const auto add = [&](Cell label, const Floats& row) {
        if (row.size() != tokens) return;
        map.rows.labels.push_back(std::move(label));
        values.insert(values.end(), row.begin(), row.end());
    };
    const bool stream = view.drawn == DrawnSize::norm || view.drawn == DrawnSize::max;
    const auto of = [&](const VectorSizes& sizes) { return view.drawn == DrawnSize::norm ? sizes.norm : sizes.max; };
    if (stream) {
        add("embedding", of(measured.states.embedding));
        for (const auto& [layer, sizes] : measured.states.blocks) add(layer, of(sizes));
    } else {
        for (const auto& [layer, norms] : measured.states.layers) add(layer, drawn_row(norms, view));
    }
    map.rows.size = map.rows.labels.size();
    map.shading = shading_of(values);
    map.values = view::rows_of(std::move(values), tokens);
    return map;
}

namespace {

view::Table massive_table(const MeasuredStates& measured) {
    view::Table table{.id = "massive", .title = "Massive activations"};
    table.columns = {{"layer", "layer", Unit::id},
                     {"token", "token", Unit::id},
                     {"piece", ""},
                     {"dimension", "dimension", Unit::id},
                     {"value", "value", Unit::real},
                     {"times_median", "times the median", Unit::real}};
    for (const analysis::MassiveActivation& one : measured.states.massive)
        table.rows.push_back({one.layer, one.token, view::Token{measured.tokens[one.token].piece}, one.dimension,
                              static_cast<double>(one.value), one.times_median});
    if (table.rows.empty()) table.show = Show::scripts;
    return table;
}

// ---- For scripts ----

class Arrays {
public:
    Arrays(view::Document& document, std::shared_ptr<const MeasuredStates> measured)
        : document_(document), measured_(std::move(measured)) {}

    // What is referred to is part of what was measured.
    void row(std::string id, const Floats& values) const {
        document_.blocks.emplace_back(
            view::Numbers{std::move(id), {values.size()}, [kept = measured_, all = &values](std::uint64_t) {
                              return view::RowValues(*all);
                          }});
    }
    void rows(std::string id, const std::vector<Floats>& values) const {
        document_.blocks.emplace_back(
            view::Numbers{std::move(id),
                          {values.size(), values.empty() ? 0 : values.front().size()},
                          [kept = measured_, all = &values](std::uint64_t i) { return view::RowValues((*all)[i]); }});
    }
    void own_row(std::string id, Floats values) const {
        const std::uint64_t count = values.size();
        document_.blocks.emplace_back(view::Numbers{std::move(id), {count}, view::rows_of(std::move(values), count)});
    }
    void fact(std::string id, Cell value) const {
        document_.blocks.emplace_back(
            view::Facts{.facts = {{.id = std::move(id), .value = std::move(value)}}, .show = Show::scripts});
    }

private:
    view::Document& document_;
    std::shared_ptr<const MeasuredStates> measured_;
};

void add_hidden(const Arrays& arrays, const MeasuredStates& measured) {
    std::size_t index = 0;
    const auto add = [&](std::uint32_t layer, const char* position, const VectorSizes& sizes) {
        const std::string at = fmt::format("hidden/{}/", index++);
        arrays.fact(at + "layer", layer);
        arrays.fact(at + "position", position);
        arrays.row(at + "norm", sizes.norm);
        arrays.row(at + "max", sizes.max);
        arrays.row(at + "median", sizes.median);
        arrays.row(at + "rms", sizes.rms);
    };
    add(0, "embedding", measured.states.embedding);
    for (const auto& [layer, sizes] : measured.states.blocks) add(layer, "block", sizes);
    if (measured.states.final_norm.empty()) arrays.fact("final_norm", {});
    else arrays.row("final_norm", measured.states.final_norm);
}

void add_kv(view::Document& document, const Arrays& arrays, const MeasuredStates& measured, const StatesView& view) {
    if (measured.states.layers.empty()) document.blocks.emplace_back(view::Table{.id = "kv", .show = Show::scripts});
    std::size_t index = 0;
    for (const auto& [layer, norms] : measured.states.layers) {
        const std::string at = fmt::format("kv/{}/", index++);
        arrays.fact(at + "layer", layer);
        arrays.own_row(at + "k_norm", over_heads(norms.k, view.norm_of_mean));
        arrays.own_row(at + "v_norm", over_heads(norms.v, view.norm_of_mean));
        arrays.own_row(at + "q_norm", norms.q.mean());
        arrays.rows(at + "k_norm_heads", norms.k.heads);
        arrays.rows(at + "v_norm_heads", norms.v.heads);
        arrays.rows(at + "q_norm_heads", norms.q.heads);
    }
}

std::string legend(const MeasuredStates& measured, const StatesView& view) {
    std::string text =
        fmt::format("Lengths are L2 norms; Q and K after rotation, {}. ",
                    view.norm_of_mean ? "K and V of the mean over heads" : "of heads the mean of their lengths");
    constexpr analysis::MassiveRule kRule;
    if (measured.states.massive.empty())
        text += fmt::format("No number is massive: beyond {} and {} times the median of its layer.", kRule.at_least,
                            kRule.times_median);
    return text;
}

}  // namespace

view::Document states(const view::ModelRef& model, const std::shared_ptr<const MeasuredStates>& kept,
                      const StatesView& view) {
    const MeasuredStates& measured = *kept;
    view::Document document;
    document.command = "states";
    document.model = model;
    document.csv_table = "layers";
    document.findings = measured.findings;
    document.blocks.emplace_back(token_table(measured.tokens));
    document.blocks.emplace_back(numerics_fact(measured.numerics));
    document.blocks.emplace_back(layer_table(measured, view));
    document.blocks.emplace_back(massive_table(measured));
    if (view::Matrix map = states_map(measured, view); map.rows.size > 0) document.blocks.emplace_back(std::move(map));
    const Arrays arrays(document, kept);
    add_hidden(arrays, measured);
    add_kv(document, arrays, measured, view);
    document.blocks.emplace_back(view::Note{legend(measured, view)});
    return document;
}

}  // namespace attnx::report
