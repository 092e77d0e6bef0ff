// places: text as a URL holds it. Private to places.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace attnx::places {

// What is not plain as %20.
template <class IsPlain>
std::string percent_encoded(std::string_view text, const IsPlain& is_plain) {
    std::string result;
    for (const char c : text)
        result += is_plain(c) ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    return result;
}

}  // namespace attnx::places
