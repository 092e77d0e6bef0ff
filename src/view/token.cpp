#include "attnx/view/token.h"

#include <fmt/format.h>

#include "attnx/base/text.h"

namespace attnx::view {
namespace {

// Bytes of the well-formed character that `text` begins with; 0 when it begins with none.
std::size_t character_bytes(std::string_view text) {
    for (std::size_t bytes = 1; bytes <= 4 && bytes <= text.size(); ++bytes)
        if (is_valid_utf8(text.substr(0, bytes))) return bytes;
    return 0;
}

std::string spelled_token(std::string_view piece, bool visible) {
    std::string text;
    while (!piece.empty()) {
        const std::size_t bytes = character_bytes(piece);
        if (bytes == 0) text += fmt::format("<0x{:02X}>", static_cast<unsigned char>(piece.front()));
        else if (visible && piece.front() == ' ') text += "·";
        else if (visible && piece.front() == '\n') text += "⏎";
        else text += printable(piece.substr(0, bytes));
        piece.remove_prefix(bytes == 0 ? 1 : bytes);
    }
    return text;
}

}  // namespace

std::string visible_token(std::string_view piece) { return spelled_token(piece, true); }
std::string plain_token(std::string_view piece) { return spelled_token(piece, false); }

}  // namespace attnx::view
