// Text inside of markup, the one place that decides it. Private to view.
#pragma once

#include <string>
#include <string_view>

namespace attnx::view {

// Valid UTF-8 as the text of an element or of a quoted attribute, of XML and of HTML alike. What XML 1.0 does not allow
// (control characters, U+FFFE, U+FFFF) becomes U+FFFD.
std::string escaped_xml(std::string_view text);

}  // namespace attnx::view
