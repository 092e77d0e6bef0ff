// One renderer per file; the table of formats is renderers.cpp. Private to view.
#pragma once

#include "attnx/view/document.h"
#include "attnx/view/render.h"

namespace attnx::view {

void render_table(const Document& document, const Surface& surface, Sink& out);
void render_json(const Document& document, const Surface& surface, Sink& out);
void render_csv(const Document& document, const Surface& surface, Sink& out);
void render_markdown(const Document& document, const Surface& surface, Sink& out);

}  // namespace attnx::view
