// view: a Heatmap for a terminal. Private to view.
#pragma once

#include <string>

#include "attnx/view/document.h"
#include "attnx/view/render.h"

namespace attnx::view {

// Small maps have a labelled row per query and cells two columns wide; larger ones are drawn with half blocks, two
// queries to a line, and pooled by maximum where the surface is narrow (said beneath). Without 256 colours: shades. A
// legend always follows.
std::string draw_heatmap(const Heatmap& map, const Surface& surface);

}  // namespace attnx::view
