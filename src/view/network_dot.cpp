// Graphviz (graphviz.org/doc/info/lang.html). In a quoted string only \" is special to the reader; labels then take
// backslashes and &name; in turn, so that both are spelled.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "attnx/view/render.h"
#include "network.h"
#include "pieces.h"

namespace attnx::view {
namespace {

std::string dot_text(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += "\\\"";
        else if (c == '\\') quoted += "\\\\";
        else if (c == '&') quoted += "&amp;";
        else quoted += c;
    }
    return quoted + "\"";
}

}  // namespace

void write_dot(const Network& network, Sink& out) {
    Pieces pieces(out);
    std::string& text = pieces.text;
    text = "digraph attention {\n";
    for (const Fact& fact : network.about)
        if (is_kept(fact)) text += fmt::format("  // {}: {}\n", fact.id, one_line(plain_text(fact.value)));
    text += fmt::format("  graph [label={}, labelloc=t, rankdir=LR];\n  node [shape=box];\n",
                        dot_text(one_line(network.title)));
    for (std::size_t i = 0; i < network.nodes.rows.size(); ++i) {
        text += fmt::format("  {} [label={}];\n", i, dot_text(visible_label(network, i)));
        pieces.settle();
    }
    for (const auto& edge : network.edges.rows) {
        const Tie tie = tie_of(edge);
        text += fmt::format("  {} -> {} [label=\"{:.3f}\", penwidth={:.2f}", tie.source, tie.target, tie.weight,
                            0.5 + 4.5 * std::clamp(std::isfinite(tie.weight) ? tie.weight : 0.0, 0.0, 1.0));
        for (std::size_t c = kOwnColumns - 1; c < network.edges.columns.size(); ++c) {
            const std::string value = plain_text(edge[c]);
            if (is_kept(network.edges.columns[c]) && !value.empty())
                text += fmt::format(", attnx_{}={}", network.edges.columns[c].id, dot_text(value));
        }
        text += "];\n";
        pieces.settle();
    }
    text += "}\n";
    pieces.finish();
}

}  // namespace attnx::view
