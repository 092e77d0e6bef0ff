// Display width by grapheme cluster, with the Unicode data of utf8proc.
#include <utf8proc.h>

#include <algorithm>
#include <cstddef>

#include "attnx/view/terminal.h"

namespace attnx::view {
namespace {

struct Cluster {
    std::size_t bytes = 0;
    std::size_t columns = 0;
};

// The grapheme cluster that begins at `text`; an ill-formed byte is a cluster of one column.
Cluster next_cluster(std::string_view text) {
    Cluster cluster;
    utf8proc_int32_t previous = -1;
    utf8proc_int32_t state = 0;
    while (cluster.bytes < text.size()) {
        utf8proc_int32_t codepoint = 0;
        const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data() + cluster.bytes);
        const auto length =
            utf8proc_iterate(at, static_cast<utf8proc_ssize_t>(text.size() - cluster.bytes), &codepoint);
        if (length <= 0) return cluster.bytes == 0 ? Cluster{1, 1} : cluster;
        if (previous != -1 && utf8proc_grapheme_break_stateful(previous, codepoint, &state)) break;
        cluster.bytes += static_cast<std::size_t>(length);
        cluster.columns = std::max(cluster.columns, static_cast<std::size_t>(utf8proc_charwidth(codepoint)));
        previous = codepoint;
    }
    return cluster;
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

std::size_t display_width(std::string_view text) {
    if (is_ascii(text)) return text.size();
    std::size_t columns = 0;
    while (!text.empty()) {
        const Cluster cluster = next_cluster(text);
        columns += cluster.columns;
        text.remove_prefix(cluster.bytes);
    }
    return columns;
}

std::string clip(std::string_view text, std::size_t columns, std::string_view ellipsis) {
    if (display_width(text) <= columns) return std::string(text);
    const std::size_t tail = display_width(ellipsis);
    if (tail > columns) return std::string(columns, '.');
    std::size_t bytes = 0;
    std::size_t used = 0;
    while (bytes < text.size()) {
        const Cluster cluster = next_cluster(text.substr(bytes));
        if (used + cluster.columns + tail > columns) break;
        used += cluster.columns;
        bytes += cluster.bytes;
    }
    return std::string(text.substr(0, bytes)).append(ellipsis);
}

}  // namespace attnx::view
