// Node-link data, as D3 and NetworkX read it.
#include "attnx/view/render.h"
#include "json_text.h"
#include "network.h"
#include "pieces.h"

namespace attnx::view {
namespace {

void append_key(std::string& to, std::string_view key) {
    if (to.back() != '{') to += ", ";
    append_json(to, key);
    to += ": ";
}

}  // namespace

void write_nodes_and_links(const Network& network, Sink& out) {
    Pieces pieces(out);
    std::string& text = pieces.text;
    text = "{\"directed\": true, \"multigraph\": false,\n\"graph\": {";
    for (const Fact& fact : network.about) {
        if (!is_kept(fact)) continue;
        append_key(text, fact.id);
        append_json(text, fact.value);
    }
    text += "},\n\"nodes\": [";
    for (std::size_t i = 0; i < network.nodes.rows.size(); ++i) {
        text += i == 0 ? "\n{" : ",\n{";
        for (std::size_t c = 0; c < network.nodes.columns.size(); ++c) {
            if (!is_kept(network.nodes.columns[c])) continue;
            append_key(text, network.nodes.columns[c].id);
            append_json(text, network.nodes.rows[i][c]);
        }
        text += '}';
        pieces.settle();
    }
    text += "],\n\"links\": [";
    for (std::size_t i = 0; i < network.edges.rows.size(); ++i) {
        const std::vector<Cell>& edge = network.edges.rows[i];
        text += i == 0 ? "\n{" : ",\n{";
        for (std::size_t c = 0; c < network.edges.columns.size(); ++c) {
            if (!is_kept(network.edges.columns[c])) continue;
            append_key(text, c == 0 ? "source" : c == 1 ? "target" : std::string_view(network.edges.columns[c].id));
            append_json(text, edge[c]);
        }
        text += '}';
        pieces.settle();
    }
    text += "]}\n";
    pieces.finish();
}

}  // namespace attnx::view
