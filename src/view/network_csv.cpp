// A network as two tables, the way graph tools import them: edges, and nodes in a file beside.
#include "attnx/view/render.h"
#include "csv_text.h"
#include "network.h"
#include "pieces.h"

namespace attnx::view {
namespace {

void write_csv_table(const Table& table, Sink& out) {
    Pieces pieces(out);
    const auto line = [&](const auto& field) {
        bool first = true;
        for (std::size_t c = 0; c < table.columns.size(); ++c) {
            if (!is_kept(table.columns[c])) continue;
            pieces.text += (first ? "" : ",") + field(c);
            first = false;
        }
        pieces.text += '\n';
        pieces.settle();
    };
    line([&](std::size_t c) { return csv_field(table.columns[c].id); });
    for (const auto& row : table.rows) line([&](std::size_t c) { return csv_cell(row[c]); });
    pieces.finish();
}

}  // namespace

void write_edges_csv(const Network& network, Sink& out) { write_csv_table(network.edges, out); }
void write_nodes_csv(const Network& network, Sink& out) { write_csv_table(network.nodes, out); }

}  // namespace attnx::view
