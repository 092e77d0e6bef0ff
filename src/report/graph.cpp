#include "attnx/report/graph.h"

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "attnx/base/version.h"
#include "cells.h"

namespace attnx::report {
namespace {

using analysis::Edge;
using analysis::EdgeMode;
using view::Cell;
using view::Show;
using view::Unit;

constexpr std::size_t kStrongestEdges = 5;

std::string_view mode_name(EdgeMode mode) {
    return mode == EdgeMode::mass ? "mass" : mode == EdgeMode::top ? "top" : "threshold";
}

class GraphDocument {
public:
    GraphDocument(const std::optional<view::ModelRef>& model, const GraphAnswer& answer)
        : model_(model), answer_(answer), edges_(attention_edges(*answer.matrix, answer.options)) {}

    view::Document build() {
        view::Document document{.command = "graph", .model = model_, .findings = answer_.findings};
        document.csv_table = "edges";
        document.blocks.emplace_back(facts());
        document.blocks.emplace_back(network());
        document.blocks.emplace_back(strongest());
        document.blocks.emplace_back(sweep());
        return document;
    }

private:
    const std::optional<view::ModelRef>& model_;
    const GraphAnswer& answer_;
    std::vector<Edge> edges_;

    Cell label(std::uint32_t node) const {
        return answer_.labels.empty() ? Cell(std::to_string(node)) : answer_.labels[node];
    }
    Cell weight(double value) const { return answer_.matrix->single ? shortest(static_cast<float>(value)) : value; }
    const char* source() const { return answer_.source_columns ? "source" : "src"; }
    const char* target() const { return answer_.source_columns ? "target" : "dst"; }

    // "Layer 2, mean of 4 heads"
    std::string what() const {
        if (!answer_.layer) return "Matrix";
        if (answer_.head) return fmt::format("Layer {}, head {}", *answer_.layer, *answer_.head);
        return fmt::format("Layer {}, mean of {}", *answer_.layer, count_of(answer_.head_count, "head"));
    }

    // "of weight >= 0.1"
    std::string rule() const {
        const analysis::GraphOptions& options = answer_.options;
        std::string text = fmt::format("of weight {} {}", options.strict ? ">" : "≥", options.threshold);
        if (options.mode == EdgeMode::mass)
            text += fmt::format(", the strongest that make up {:g} % of a row", options.mass * 100);
        if (options.mode == EdgeMode::top) text += fmt::format(", the {} strongest of a row", options.top);
        return text;
    }

    view::Facts facts() const {
        view::Facts facts;
        const auto add = [&](const char* id, const char* name, Cell value, Show show = Show::all) {
            facts.facts.push_back({.id = id, .label = name, .value = std::move(value), .show = show});
        };
        add("numerics", "", answer_.numerics.empty() ? Cell() : Cell(answer_.numerics), Show::scripts);
        add("layer", "layer", answer_.layer, Show::scripts);
        add("head", "head", answer_.head, Show::scripts);
        add("mode", "mode", std::string(mode_name(answer_.options.mode)), Show::scripts);
        add("threshold", "threshold", answer_.options.threshold, Show::scripts);
        add("threshold_op", "", answer_.options.strict ? "gt" : "ge", Show::scripts);
        add("", "of", what(), Show::people);
        add("node_count", "nodes", answer_.matrix->size);
        add("edge_count", "edges", std::uint64_t{edges_.size()});
        facts.facts.back().remark = rule();
        return facts;
    }

    std::vector<view::Fact> about() const {
        std::vector<view::Fact> facts;
        const auto add = [&](const char* id, Cell value) { facts.push_back({.id = id, .value = std::move(value)}); };
        add("attnx", std::string(kVersion));
        if (model_) add("model", model_->name.value_or(model_->path));
        if (model_) add("model_path", model_->path);
        add("of", what());
        add("rule", rule());
        add("direction", "from the query that attends to the key that is attended to");
        return facts;
    }

    view::Table edge_table(const char* id) const {
        return {.id = id,
                .columns = {{source(), "query", Unit::id},
                            {target(), "strongest keys, weights", Unit::id},
                            {"weight", "weight", Unit::real},
                            {"layer", "layer", Unit::id, Show::scripts},
                            {"head", "head", Unit::id, Show::scripts}}};
    }

    std::vector<Cell> edge_row(const Edge& edge) const {
        return {edge.source, edge.target, weight(edge.weight), answer_.layer, answer_.head};
    }

    view::Network network() const {
        view::Network network{.title = fmt::format("{}: {} {}", what(), count_of(edges_.size(), "edge"), rule()),
                              .about = about(),
                              .nodes = {.id = "nodes", .columns = {{"id", "id", Unit::id}, {"token", "token"}}},
                              .edges = edge_table("edges")};
        for (std::uint32_t node = 0; node < answer_.matrix->size; ++node)
            network.nodes.rows.push_back({node, label(node)});
        for (const Edge& edge : edges_) network.edges.rows.push_back(edge_row(edge));
        return network;
    }

    view::Table strongest() const {
        view::Table table = edge_table("strongest");
        table.title = fmt::format("Strongest {}", kStrongestEdges);
        table.columns[1].label = "key";
        table.columns.insert(table.columns.begin() + 2, {"", "", Unit::none, Show::people});
        table.columns.insert(table.columns.begin() + 1, {"", "", Unit::none, Show::people});
        for (const Edge& edge : strongest_edges(edges_, kStrongestEdges)) {
            std::vector<Cell> row = edge_row(edge);
            row.insert(row.begin() + 2, label(edge.target));
            row.insert(row.begin() + 1, label(edge.source));
            table.rows.push_back(std::move(row));
        }
        return table;
    }

    view::Table sweep() const {
        view::Table table{.id = "sweep",
                          .title = "Edges by threshold",
                          .columns = {{"threshold", "threshold", Unit::real},
                                      {"edges", "edges", Unit::none},
                                      {.label = "", .show = Show::people, .look = view::Look::bar}}};
        const auto counts = edges_by_threshold(*answer_.matrix, answer_.options, answer_.sweep);
        for (std::size_t i = 0; i < counts.size(); ++i)
            table.rows.push_back({answer_.sweep[i], counts[i], static_cast<double>(counts[i])});
        return table;
    }
};

}  // namespace

view::Document graph(const std::optional<view::ModelRef>& model, const GraphAnswer& answer) {
    if (!answer.labels.empty() && answer.labels.size() != answer.matrix->size)
        throw Error(ErrorCode::bad_value,
                    fmt::format("{} labels for a matrix of {} rows", answer.labels.size(), answer.matrix->size));
    return GraphDocument(model, answer).build();
}

}  // namespace attnx::report
