// The format for people: facts as label and value, tables with aligned columns, notes, and the findings last.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "attnx/base/text.h"
#include "attnx/view/terminal.h"
#include "drawings.h"
#include "number_table.h"
#include "paint.h"
#include "people.h"
#include "pieces.h"

namespace attnx::view {
namespace {

constexpr std::string_view kIndent = "  ";
constexpr std::string_view kGap = "  ";
constexpr std::size_t kSmallestShrunk = 8;

std::size_t columns_left(const Surface& surface, std::size_t taken) {
    if (!surface.width) return std::numeric_limits<std::size_t>::max();
    return *surface.width > taken + 20 ? *surface.width - taken : 20;
}

std::string padded(std::string_view text, std::size_t width, bool right) {
    const std::size_t used = display_width(text);
    const std::string space(width > used ? width - used : 0, ' ');
    return right ? space + std::string(text) : std::string(text) + space;
}

std::string repeated(std::string_view piece, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) text += piece;
    return text;
}

// A table laid out: texts of the visible columns, their widths and sides.
struct Layout {
    std::vector<std::size_t> columns;  // indices of the visible ones
    std::vector<std::string> headings;
    std::vector<std::vector<std::string>> rows;
    std::vector<std::string> footer;
    std::vector<std::size_t> widths;
    std::vector<bool> right;
};

std::vector<Cell> cells_of_column(const Table& table, std::size_t column) {
    std::vector<Cell> cells;
    for (const auto& row : table.rows) cells.push_back(row[column]);
    return cells;
}

void add_column(Layout& layout, const Table& table, std::size_t index, const Surface& surface) {
    const Column& column = table.columns[index];
    const bool real = column.unit == Unit::real || column.unit == Unit::none;
    const int decimals = real ? shared_decimals(cells_of_column(table, index)) : -1;
    layout.columns.push_back(index);
    layout.headings.push_back(safe_text(column.label, surface));
    layout.right.push_back(stands_right(table, index));
    std::size_t width = display_width(layout.headings.back());
    std::vector<std::string> texts = column_texts(table, index, surface, decimals);
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        layout.rows[i].push_back(std::move(texts[i]));
        width = std::max(width, display_width(layout.rows[i].back()));
    }
    if (!table.footer.empty()) {
        const Cell& total = table.footer[index];
        const bool empty = std::holds_alternative<std::monostate>(total.value);
        layout.footer.push_back(empty ? std::string() : people_text(total, column.unit, surface, decimals));
        width = std::max(width, display_width(layout.footer.back()));
    }
    layout.widths.push_back(width);
}

std::size_t total_width(const Layout& layout) {
    return std::accumulate(layout.widths.begin(), layout.widths.end(), std::size_t{0}) +
           kGap.size() * (layout.widths.size() - 1);
}

// Takes columns off the widest shrinkable column until the table fits or none may give more.
void shrink(Layout& layout, const Table& table, const Surface& surface) {
    const std::size_t room = columns_left(surface, kIndent.size());
    for (std::size_t total = total_width(layout); total > room; --total) {
        std::size_t widest = layout.widths.size();
        for (std::size_t i = 0; i < layout.widths.size(); ++i) {
            const std::size_t least = std::max(kSmallestShrunk, display_width(layout.headings[i]));
            if (!table.columns[layout.columns[i]].shrink || layout.widths[i] <= least) continue;
            if (widest == layout.widths.size() || layout.widths[i] > layout.widths[widest]) widest = i;
        }
        if (widest == layout.widths.size()) return;
        --layout.widths[widest];
    }
}

Layout lay_out(const Table& table, const Surface& surface) {
    Layout layout;
    layout.rows.resize(table.rows.size());
    for (std::size_t i = 0; i < table.columns.size(); ++i)
        if (for_people(table.columns[i].show)) add_column(layout, table, i, surface);
    if (surface.width && !layout.columns.empty()) shrink(layout, table, surface);
    return layout;
}

std::string line(const Layout& layout, const std::vector<std::string>& texts, Ink ink, const Surface& surface) {
    std::string text;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (i > 0) text += kGap;
        const std::string clipped = clip(texts[i], layout.widths[i], surface.unicode ? "…" : "...");
        const bool last = i + 1 == texts.size();
        text += last && !layout.right[i] ? clipped : padded(clipped, layout.widths[i], layout.right[i]);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return std::string(kIndent) + paint(text, ink, surface) + "\n";
}

std::string title_line(std::string_view title, const Surface& surface) {
    return title.empty() ? std::string() : paint(safe_text(title, surface), Ink::title, surface) + "\n";
}

struct TableWriter {
    const Surface& surface;
    std::size_t label_width;
    Sink& out;

    void operator()(const Facts& block) const {
        std::string body;
        if (!for_people(block.show)) return;
        for (const Fact& fact : block.facts)
            if (for_people(fact.show)) body += fact_lines(fact);
        if (!body.empty()) out.write(title_line(block.title, surface) + body);
    }

    void operator()(const Table& table) const {
        if (!for_people(table.show)) return;
        const Layout layout = lay_out(table, surface);
        if (layout.columns.empty()) return;
        const std::string rule = repeated(surface.unicode ? "─" : "-", total_width(layout));
        const std::string rule_line = std::string(kIndent) + paint(rule, Ink::dim, surface) + "\n";
        out.write(title_line(table.title, surface) + line(layout, layout.headings, Ink::heading, surface) + rule_line);
        for (const auto& row : layout.rows) out.write(line(layout, row, Ink::plain, surface));
        if (!layout.footer.empty()) out.write(rule_line + line(layout, layout.footer, Ink::heading, surface));
    }

    void operator()(const Note& note) const {
        for (const std::string& part : wrap(safe_text(note.text, surface), columns_left(surface, 0)))
            out.write(part + "\n");
    }

    void operator()(const Numbers& numbers) const {
        if (for_people(numbers.show)) (*this)(table_of(numbers));
    }

    void operator()(const Network& network) const {
        if (for_people(network.show)) (*this)(table_of(network));
    }

    template <class Drawing>
    void operator()(const Drawing& drawing) const {
        if (for_people(drawing.show)) draw(drawing, surface, out);
    }
    void operator()(const Raw& raw) const {
        out.write(raw.text);
        if (!raw.text.empty() && raw.text.back() != '\n') out.write("\n");
    }

private:
    std::string fact_lines(const Fact& fact) const {
        const std::string label = padded(safe_text(fact.label, surface), label_width, false);
        const std::size_t margin = kIndent.size() + label_width + kGap.size();
        std::string text = std::string(kIndent) + label + std::string(kGap);
        bool first = true;
        std::size_t used = margin;
        for (const std::string& part :
             wrap(people_text(fact.value, fact.unit, surface), columns_left(surface, margin))) {
            if (!first) text += "\n" + std::string(margin, ' ');
            text += part;
            used = margin + display_width(part);
            first = false;
        }
        if (!fact.remark.empty()) {
            const std::string remark = safe_text(fact.remark, surface);
            const bool fits = !surface.width || used + kGap.size() + display_width(remark) <= *surface.width;
            text += (fits ? std::string(kGap) : "\n" + std::string(margin, ' ')) + paint(remark, Ink::dim, surface);
        }
        text.erase(text.find_last_not_of(' ') + 1);
        return text + "\n";
    }
};

std::size_t widest_label(const Document& document, const Surface& surface) {
    std::size_t width = 0;
    for (const Block& block : document.blocks) {
        const Facts* facts = std::get_if<Facts>(&block);
        if (facts == nullptr || !for_people(facts->show)) continue;
        for (const Fact& fact : facts->facts)
            if (for_people(fact.show)) width = std::max(width, display_width(safe_text(fact.label, surface)));
    }
    return width;
}

std::string finding_lines(const Finding& finding, const Surface& surface) {
    const FindingRow& kind = row(finding.id);
    const std::string word(to_string(kind.severity));
    const std::string message = fmt::format("{} [{}]", safe_text(finding.message, surface), kind.slug);
    std::string text = paint(word, ink_of(kind.severity), surface) + ": ";
    const std::size_t margin = word.size() + 2;
    bool first = true;
    for (const std::string& part : wrap(message, columns_left(surface, margin))) {
        text += (first ? std::string() : std::string(margin, ' ')) + part + "\n";
        first = false;
    }
    return text;
}

}  // namespace

void render_table(const Document& document, const Surface& surface, Sink& out) {
    Blocks blocks(out);
    const TableWriter writer{surface, widest_label(document, surface), blocks};
    for (const Block& block : document.blocks) {
        blocks.next_block();
        std::visit(writer, block);
    }
    blocks.next_block();
    for (const Finding& finding : document.findings) blocks.write(finding_lines(finding, surface));
}

}  // namespace attnx::view
