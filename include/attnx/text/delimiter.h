// text: tokens that divide a text.
#pragma once

#include <string_view>

namespace attnx::text {

// Whether a piece is punctuation (Unicode's general category P) or breaks a line, beside spaces, and nothing else.
bool is_delimiter(std::string_view piece);

}  // namespace attnx::text
