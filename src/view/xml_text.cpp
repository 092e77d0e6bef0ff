#include "xml_text.h"

namespace attnx::view {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

bool is_allowed(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

std::string escaped_xml(std::string_view text) {
    std::string safe;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view rest = text.substr(i);
        if (rest.starts_with("\xef\xbf\xbe") || rest.starts_with("\xef\xbf\xbf")) {
            safe += kReplacement;
            i += 2;
            continue;
        }
        switch (text[i]) {
            case '&': safe += "&amp;"; break;
            case '<': safe += "&lt;"; break;
            case '>': safe += "&gt;"; break;
            case '"': safe += "&quot;"; break;
            case '\'': safe += "&#39;"; break;
            default:
                if (is_allowed(text[i])) safe += text[i];
                else safe += kReplacement;
        }
    }
    return safe;
}

}  // namespace attnx::view
