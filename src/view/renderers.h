// One renderer per file; the table of formats is renderers.cpp. Private to view.
#pragma once

#include <string>

#include "attnx/view/document.h"
#include "attnx/view/render.h"

namespace attnx::view {

std::string render_table(const Document& document, const Surface& surface);
std::string render_json(const Document& document, const Surface& surface);
std::string render_csv(const Document& document, const Surface& surface);
std::string render_markdown(const Document& document, const Surface& surface);

}  // namespace attnx::view
