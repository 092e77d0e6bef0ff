// GitHub-flavoured Markdown: headings, tables, paragraphs; values as people read them.
#include <fmt/format.h>

#include <string>

#include "attnx/base/text.h"
#include "drawings.h"
#include "number_table.h"
#include "people.h"
#include "pieces.h"

namespace attnx::view {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           static_cast<unsigned char>(c) >= 0x80;
}

// What would otherwise be read as markup. An underscore inside a word is not emphasis and stays readable.
std::string escaped(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool inside_word = i > 0 && i + 1 < text.size() && is_letter(text[i - 1]) && is_letter(text[i + 1]);
        if (std::string_view("|\\`*<[]").find(c) != std::string_view::npos || (c == '_' && !inside_word))
            result += '\\';
        result += c;
    }
    return result;
}

std::string table_row(const std::vector<std::string>& cells) {
    std::string text = "|";
    for (const std::string& cell : cells) text += " " + cell + " |";
    return text + "\n";
}

struct MarkdownWriter {
    const Surface& surface;
    Sink& out;

    std::string text(std::string_view bytes) const { return escaped(safe_text(bytes, surface)); }
    std::string title(std::string_view words) const {
        return words.empty() ? std::string() : "### " + text(words) + "\n\n";
    }

    void operator()(const Facts& block) const {
        std::string rows;
        if (!for_people(block.show)) return;
        for (const Fact& fact : block.facts) {
            if (!for_people(fact.show)) continue;
            std::string value = escaped(people_text(fact.value, fact.unit, surface));
            if (!fact.remark.empty()) value += " *" + text(fact.remark) + "*";
            rows += table_row({text(fact.label), value});
        }
        if (!rows.empty()) out.write(title(block.title) + "| | |\n|---|---|\n" + rows);
    }

    void operator()(const Table& table) const {
        if (!for_people(table.show)) return;
        std::vector<std::string> head;
        std::string sides = "|";
        for (std::size_t c = 0; c < table.columns.size(); ++c) {
            if (!for_people(table.columns[c].show)) continue;
            head.push_back(text(table.columns[c].label));
            sides += stands_right(table, c) ? "---:|" : "---|";
        }
        if (head.empty()) return;
        out.write(title(table.title) + table_row(head) + sides + "\n");
        std::vector<std::vector<std::string>> rows(table.rows.size());
        for (std::size_t c = 0; c < table.columns.size(); ++c) {
            if (!for_people(table.columns[c].show)) continue;
            const std::vector<std::string> texts = column_texts(table, c, surface, -1);
            for (std::size_t r = 0; r < rows.size(); ++r) rows[r].push_back(escaped(texts[r]));
        }
        for (const auto& row : rows) out.write(table_row(row));
        if (!table.footer.empty()) out.write(table_row(footer(table)));
    }

    void operator()(const Note& note) const { out.write(text(note.text) + "\n"); }
    void operator()(const Numbers& numbers) const {
        if (for_people(numbers.show)) (*this)(table_of(numbers));
    }
    void operator()(const Matrix& matrix) const { drawing(matrix); }
    void operator()(const Grid& grid) const { drawing(grid); }
    // The numbers, which are few; Markdown has no lines to draw with.
    void operator()(const Curves& curves) const {
        if (for_people(curves.show)) (*this)(table_of(curves));
    }
    void operator()(const Network& network) const {
        if (for_people(network.show)) (*this)(table_of(network));
    }
    void operator()(const Raw& raw) const {
        if (!raw.text.empty()) out.write("~~~~\n" + raw.text + (raw.text.back() == '\n' ? "" : "\n") + "~~~~\n");
    }

private:
    // In a code block: no escape sequences.
    template <class Drawing>
    void drawing(const Drawing& block) const {
        if (!for_people(block.show)) return;
        Surface plain = surface;
        plain.colour = false;
        plain.depth = ColourDepth::none;
        TextSink text;
        draw(block, plain, text);
        if (!text.text.empty()) out.write("~~~~\n" + text.text + "~~~~\n");
    }

    std::vector<std::string> footer(const Table& table) const {
        std::vector<std::string> texts;
        for (std::size_t c = 0; c < table.columns.size(); ++c) {
            const Cell& cell = table.footer[c];
            const bool empty = std::holds_alternative<std::monostate>(cell.value);
            if (for_people(table.columns[c].show))
                texts.push_back(empty ? std::string() : escaped(people_text(cell, table.columns[c].unit, surface)));
        }
        return texts;
    }
};

}  // namespace

void render_markdown(const Document& document, const Surface& surface, Sink& out) {
    Surface plain = surface;
    plain.unicode = true;
    Blocks blocks(out);
    const MarkdownWriter writer{plain, blocks};
    for (const Block& block : document.blocks) {
        blocks.next_block();
        std::visit(writer, block);
    }
    blocks.next_block();
    for (const Finding& finding : document.findings) {
        const FindingRow& kind = row(finding.id);
        blocks.write(
            fmt::format("- **{}**: {} (`{}`)\n", to_string(kind.severity), writer.text(finding.message), kind.slug));
    }
}

}  // namespace attnx::view
