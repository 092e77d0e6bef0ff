#include "attnx/text/delimiter.h"

#include "unicode.h"

namespace attnx::text {

bool is_delimiter(std::string_view piece) {
    bool divides = false;
    for (std::size_t at = 0; at < piece.size();) {
        const auto c = decode_one(piece, at);
        if (!c) return false;
        if (*c == U'\n' || *c == U'\r' || category(*c) == Category::punctuation) divides = true;
        else if (!is_whitespace(*c)) return false;
    }
    return divides;
}

}  // namespace attnx::text
