#include "../attend_drawing.h"
#include "attnx/base/error.h"
#include "attnx/report/graph.h"
#include "kinds.h"

namespace attnx::report {
namespace {

// Masked cells are not numbers, of which there is no edge.
analysis::SquareMatrix matrix_of(const view::RowSource& rows, std::uint32_t size) {
    analysis::SquareMatrix matrix{.size = size, .single = true};
    for (std::uint32_t i = 0; i < size; ++i)
        for (const float weight : rows(i)) matrix.values.push_back(static_cast<double>(weight));
    return matrix;
}

}  // namespace

view::Network network_chosen(const PictureSource& source) {
    DrawnMap drawn = map_chosen(source);
    drawn.changes.drop_first = false;  // the node stays, its edges go
    const study::Attended& attended = *source.attended;
    const analysis::SquareMatrix matrix =
        matrix_of(rows_drawn(*source.spec, source.attended, drawn), static_cast<std::uint32_t>(attended.tokens.size()));
    GraphAnswer answer{.matrix = &matrix,
                       .options = {.threshold = source.choice.threshold, .first = !source.choice.drop_first},
                       .layer = drawn.layer,
                       .head = head_drawn(attended, drawn)};
    for (const study::Token& token : attended.tokens) answer.labels.emplace_back(view::Token{token.piece});
    answer.head_count = static_cast<std::uint32_t>(attended.heads.at(drawn.layer).size());
    for (view::Block& block : graph(source.model, answer).blocks)
        if (auto* network = std::get_if<view::Network>(&block)) return std::move(*network);
    throw Error(ErrorCode::internal, "a graph without a network");
}

Drawings draw_network(const PictureSource& source) { return {network_chosen(source)}; }

}  // namespace attnx::report
