#include "renderers.h"

#include <array>

namespace attnx::view {
namespace {

constexpr std::array kFormats = {
    FormatRow{"table", "aligned text for people", render_table},
    FormatRow{"json", "everything, for scripts", render_json},
    FormatRow{"csv", "the main table, for spreadsheets", render_csv},
    FormatRow{"markdown", "tables to paste into a document", render_markdown},
};

}  // namespace

std::span<const FormatRow> formats() { return kFormats; }

const FormatRow* find_format(std::string_view name) {
    for (const FormatRow& row : kFormats)
        if (row.name == name) return &row;
    return nullptr;
}

std::string text_of(const FormatRow& format, const Document& document, const Surface& surface) {
    TextSink sink;
    format.render(document, surface, sink);
    return std::move(sink.text);
}

}  // namespace attnx::view
