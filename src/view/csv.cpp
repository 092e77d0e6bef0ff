// One table, or facts as one row. Quoted as in RFC 4180, but lines end with a bare newline, as Unix tools expect.
#include "attnx/view/render.h"
#include "csv_text.h"
#include "people.h"
#include "pieces.h"
#include "sheet.h"

namespace attnx::view {
namespace {

// One line per run of the fastest axis, led by its places along the others.
void write_numbers(const NumberSheet& numbers, Pieces& out) {
    const std::vector<Axis>& axes = numbers.axes;
    const std::size_t outer = axes.empty() ? 0 : axes.size() - 1;
    const std::uint64_t columns = axes.empty() ? 1 : axes.back().size;
    std::uint64_t runs = columns > 0 ? 1 : 0;
    for (std::size_t axis = 0; axis < outer; ++axis) {
        out.text += csv_field(axes[axis].id) + ",";
        runs *= axes[axis].size;
    }
    for (std::uint64_t i = 0; i < columns; ++i) {
        const Cell label = axes.empty() ? Cell(0) : label_of(axes.back(), i);
        out.text += (i > 0 ? "," : "") + csv_cell(label);
    }
    out.text += '\n';
    std::vector<std::uint64_t> place(outer);
    for (std::uint64_t run = 0; run < runs; ++run) {
        for (std::size_t axis = 0; axis < outer; ++axis) {
            const Cell label = label_of(axes[axis], place[axis]);
            out.text += csv_cell(label) + ",";
        }
        const RowValues values = (*numbers.rows)(run);
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (i > 0) out.text += ',';
            append_csv(out.text, values[i]);
            out.settle();
        }
        out.text += '\n';
        for (std::size_t axis = outer; axis-- > 0;) {
            if (++place[axis] < axes[axis].size) break;
            place[axis] = 0;
        }
    }
}

}  // namespace

void render_csv(const Document& document, const Surface&, Sink& out) {
    Pieces pieces(out);
    if (const auto numbers = main_numbers(document)) {
        write_numbers(*numbers, pieces);
        return pieces.finish();
    }
    const Sheet sheet = main_sheet(document);
    for (std::size_t i = 0; i < sheet.head.size(); ++i) pieces.text += (i > 0 ? "," : "") + csv_field(sheet.head[i]);
    pieces.text += '\n';
    for (std::size_t row = 0; row < sheet.rows.size(); ++row) {
        for (std::size_t i = 0; i < sheet.head.size(); ++i)
            pieces.text +=
                (i > 0 ? "," : "") + (sheet.at(row, i) == nullptr ? std::string() : csv_cell(*sheet.at(row, i)));
        pieces.text += '\n';
        pieces.settle();
    }
    pieces.finish();
}

}  // namespace attnx::view
