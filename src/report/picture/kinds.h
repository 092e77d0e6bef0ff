// A function for each kind of picture, in a file of its own; the rows are in kinds.cpp. Private to report.
#pragma once

#include "attnx/report/attend.h"
#include "attnx/report/draw.h"

namespace attnx::report {

using Drawings = std::vector<view::Drawing>;
Drawings draw_map(const PictureSource& source);
Drawings draw_grid(const PictureSource& source);
Drawings draw_layers(const PictureSource& source);
Drawings draw_flow(const PictureSource& source);
Drawings draw_states(const PictureSource& source);
Drawings draw_kv(const PictureSource& source);
Drawings draw_sinks(const PictureSource& source);
Drawings draw_heads(const PictureSource& source);
Drawings draw_lines(const PictureSource& source);
Drawings draw_network(const PictureSource& source);

// The layer's map, of the head or the mean, as chosen.
DrawnMap map_chosen(const PictureSource& source);
// Its edges from the threshold on.
view::Network network_chosen(const PictureSource& source);

}  // namespace attnx::report
