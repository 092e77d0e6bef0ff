// GraphML (graphml.graphdrawing.org), as NetworkX, Gephi, yEd and igraph read it.
#include <fmt/format.h>

#include "attnx/view/render.h"
#include "network.h"
#include "people.h"
#include "pieces.h"
#include "xml_text.h"

namespace attnx::view {
namespace {

std::string_view type_of(const Cell& cell) {
    if (std::holds_alternative<double>(cell.value)) return "double";
    if (std::holds_alternative<bool>(cell.value)) return "boolean";
    return is_number(cell) ? "long" : "string";
}

// By the first row that has a value.
std::string_view type_of(const Table& table, std::size_t column) {
    for (const auto& row : table.rows)
        if (!std::holds_alternative<std::monostate>(row[column].value)) return type_of(row[column]);
    return "string";
}

std::string key_line(std::string_view of, std::string_view name, std::string_view type) {
    return fmt::format("  <key id=\"{0}_{1}\" for=\"{0}\" attr.name=\"{1}\" attr.type=\"{2}\"/>\n", of,
                       escaped_xml(name), type);
}

std::string data(std::string_view of, std::string_view name, const Cell& cell) {
    if (std::holds_alternative<std::monostate>(cell.value)) return {};
    return fmt::format("<data key=\"{}_{}\">{}</data>", of, escaped_xml(name), escaped_xml(plain_text(cell)));
}

}  // namespace

void write_graphml(const Network& network, Sink& out) {
    Pieces pieces(out);
    std::string& text = pieces.text;
    text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n";
    for (const Fact& fact : network.about)
        if (is_kept(fact)) text += key_line("graph", fact.id, type_of(fact.value));
    for (std::size_t c = 1; c < network.nodes.columns.size(); ++c)
        if (is_kept(network.nodes.columns[c]))
            text += key_line("node", network.nodes.columns[c].id, type_of(network.nodes, c));
    for (std::size_t c = kOwnColumns - 1; c < network.edges.columns.size(); ++c)
        if (is_kept(network.edges.columns[c]))
            text += key_line("edge", network.edges.columns[c].id, type_of(network.edges, c));
    text += "  <graph edgedefault=\"directed\">\n";
    for (const Fact& fact : network.about)
        if (is_kept(fact)) text += "    " + data("graph", fact.id, fact.value) + "\n";
    for (std::size_t i = 0; i < network.nodes.rows.size(); ++i) {
        text += fmt::format("    <node id=\"{}\">", i);
        for (std::size_t c = 1; c < network.nodes.columns.size(); ++c)
            if (is_kept(network.nodes.columns[c]))
                text += data("node", network.nodes.columns[c].id, network.nodes.rows[i][c]);
        text += "</node>\n";
        pieces.settle();
    }
    for (const auto& edge : network.edges.rows) {
        const Tie tie = tie_of(edge);
        text += fmt::format("    <edge source=\"{}\" target=\"{}\">", tie.source, tie.target);
        for (std::size_t c = kOwnColumns - 1; c < network.edges.columns.size(); ++c)
            if (is_kept(network.edges.columns[c])) text += data("edge", network.edges.columns[c].id, edge[c]);
        text += "</edge>\n";
        pieces.settle();
    }
    text += "  </graph>\n</graphml>\n";
    pieces.finish();
}

}  // namespace attnx::view
