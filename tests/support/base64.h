// Bytes in JSON goldens.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace attnx::test {

// Standard alphabet, '=' padding; anything else ends the text.
inline std::vector<std::byte> from_base64(std::string_view text) {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::vector<std::byte> out;
    unsigned bits = 0, held = 0;
    for (const char c : text) {
        const auto digit = kAlphabet.find(c);
        if (digit == std::string_view::npos) break;
        bits = bits << 6U | static_cast<unsigned>(digit);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out.push_back(static_cast<std::byte>(bits >> held));
        }
    }
    return out;
}

}  // namespace attnx::test
