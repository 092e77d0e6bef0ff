// Matrices, grids, curves and networks drawn with characters. Private to view.
#pragma once

#include "attnx/view/document.h"
#include "attnx/view/render.h"

namespace attnx::view {

// Small matrices have a labelled line for each row and cells two columns wide; larger ones are drawn with half blocks,
// two rows to a line, and pooled where the surface is narrow. A legend with range and scale follows, and says so.
void draw(const Matrix& matrix, const Surface& surface, Sink& out);

// Panels side by side, as many as fit, each as small as it must be; one legend for all.
void draw(const Grid& grid, const Surface& surface, Sink& out);

// A band of bars for each series, one above the other.
void draw(const Curves& curves, const Surface& surface, Sink& out);

// The numbers themselves.
Table table_of(const Curves& curves);

// A line for each node with its strongest edges.
Table table_of(const Network& network);

// Columns that a drawing may take.
inline std::uint32_t drawing_width(const Surface& surface) { return surface.width.value_or(100); }

}  // namespace attnx::view
