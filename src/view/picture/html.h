// What people see of a document, as HTML without programs. Private to view.
#pragma once

#include <string>
#include <string_view>

#include "attnx/view/document.h"
#include "attnx/view/sink.h"

namespace attnx::view {

// Any bytes as the text of an element or of a quoted attribute, on one line.
std::string html_text(std::string_view text);

void write_html(const Document& document, Sink& out);

}  // namespace attnx::view
