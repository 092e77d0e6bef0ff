// JSON Lines: what CSV prints, an object on a line of its own for each row, for tools that read line by line.
#include "axis.h"
#include "json_text.h"
#include "people.h"
#include "pieces.h"
#include "sheet.h"

namespace attnx::view {
namespace {

void append_member(std::string& to, std::string_view key) {
    to += to.empty() || to.back() == '\n' ? "{" : ", ";
    append_json(to, key);
    to += ": ";
}

// A line for each run of the fastest axis.
void write_runs(const NumberSheet& numbers, Pieces& out) {
    const std::size_t outer = numbers.axes.empty() ? 0 : numbers.axes.size() - 1;
    std::uint64_t runs = 1;
    for (const Axis& axis : numbers.axes) runs *= &axis == &numbers.axes.back() ? (axis.size > 0 ? 1 : 0) : axis.size;
    std::vector<std::uint64_t> place(outer);
    for (std::uint64_t run = 0; run < runs; ++run) {
        std::string line;
        for (std::size_t i = 0; i < outer; ++i) {
            append_member(line, numbers.axes[i].id);
            append_json(line, label_of(numbers.axes[i], place[i]));
        }
        append_member(line, "values");
        out.text += line + "[";
        const RowValues values = (*numbers.rows)(run);
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (i > 0) out.text += ", ";
            append_json(out.text, values[i]);
            out.settle();
        }
        out.text += "]}\n";
        for (std::size_t i = outer; i-- > 0;) {
            if (++place[i] < numbers.axes[i].size) break;
            place[i] = 0;
        }
    }
}

}  // namespace

void render_jsonl(const Document& document, const Surface&, Sink& out) {
    Pieces pieces(out);
    if (const auto numbers = main_numbers(document)) {
        write_runs(*numbers, pieces);
        return pieces.finish();
    }
    const Sheet sheet = main_sheet(document);
    for (std::size_t row = 0; row < sheet.rows.size(); ++row) {
        std::string line;
        for (std::size_t i = 0; i < sheet.head.size(); ++i) {
            append_member(line, sheet.head[i]);
            append_json(line, sheet.at(row, i) == nullptr ? Cell() : *sheet.at(row, i));
        }
        pieces.text += (line.empty() ? "{" : line) + "}\n";
        pieces.settle();
    }
    pieces.finish();
}

}  // namespace attnx::view
