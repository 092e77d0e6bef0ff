// One matrix as lines of cells.
#include <fmt/format.h>

#include <algorithm>

#include "attnx/view/terminal.h"
#include "axis.h"
#include "brush.h"
#include "drawings.h"
#include "field.h"
#include "paint.h"
#include "people.h"

namespace attnx::view {
namespace {

constexpr std::size_t kMatrixIndent = 2, kLongestLabel = 12;
constexpr std::uint64_t kMostLabelledRows = 48;

class MatrixDrawing {
public:
    MatrixDrawing(const Matrix& matrix, const Surface& surface)
        : matrix_(matrix),
          surface_(surface),
          brush_(surface, matrix.shading.tint),
          numbers_(number_width(matrix.rows)) {
        for (std::uint64_t row = 0; row < matrix.rows.size; ++row) extremes_.take(matrix.values(row));
        if (has_words(matrix.rows))
            for (const Cell& label : matrix.rows.labels)
                labels_ = std::max(labels_, std::min(kLongestLabel, display_width(text_of_label(label))));
    }

    void draw(Sink& out) const {
        const std::size_t width = drawing_width(surface_),
                          labelled = kMatrixIndent + numbers_ + (labels_ > 0 ? labels_ + 1 : 0) + 1;
        if (matrix_.rows.size <= kMostLabelledRows && labelled + 2 * matrix_.columns.size <= width) {
            out.write(ticks(matrix_.columns, labelled, 2, 1));
            lines(2, {}, labels_ > 0, out);
            return out.write("\n" + words({}));
        }
        const std::size_t margin = kMatrixIndent + numbers_ + 1, room = width > margin ? width - margin : 1;
        const std::uint64_t pool = (matrix_.columns.size + room - 1) / room;
        // Rows that are alike in number to the columns are pooled like these, so that the diagonal stays one.
        const Pool pools{2 * matrix_.rows.size > matrix_.columns.size ? pool : 1, pool};
        out.write(ticks(matrix_.columns, margin, 1, pool));
        lines(1, pools, false, out);
        out.write("\n" + words(pools));
    }

private:
    const Matrix& matrix_;
    const Surface& surface_;
    Brush brush_;
    Extremes extremes_;
    std::size_t numbers_, labels_ = 0;

    std::string text_of_label(const Cell& label) const { return people_text(label, Unit::none, surface_); }

    std::string margin_text(std::uint64_t row, bool labels) const {
        std::string text = fmt::format("{:{}}{:>{}} ", "", kMatrixIndent, place_number(matrix_.rows, row), numbers_);
        if (!labels) return text;
        const std::string label = clip(text_of_label(matrix_.rows.labels[row]), labels_, surface_.unicode ? "…" : "~");
        return text + std::string(labels_ - std::min(labels_, display_width(label)), ' ') + label + " ";
    }

    void lines(std::size_t columns, Pool pool, bool labels, Sink& out) const {
        Field field = pooled(matrix_.values, 0, matrix_.rows.size, matrix_.columns.size, pool, matrix_.shading.tint);
        rescale(field, extremes_.range(matrix_.shading), matrix_.shading);
        const bool halves = columns == 1 && brush_.halves();
        for (std::uint64_t row = 0; row < field.rows; row += halves ? 2 : 1) {
            Line line;
            line.add(margin_text(row * pool.rows, labels));
            for (std::uint64_t column = 0; column < field.columns; ++column) {
                const double upper = static_cast<double>(field.at(row, column));
                if (halves) brush_.halves(line, upper, static_cast<double>(field.at(row + 1, column)));
                else brush_.cell(line, upper, columns);
            }
            out.write(line.end());
        }
    }

    std::string words(Pool pool) const {
        std::string text = fmt::format("rows: {}, columns: {}", matrix_.rows.name, matrix_.columns.name);
        if (extremes_.any_blank() && !matrix_.shading.blank.empty()) text += "; blank: " + matrix_.shading.blank;
        if (pool.columns > 1) text += fmt::format("; pooled {}x{}, the largest of each", pool.rows, pool.columns);
        return legend(brush_, matrix_.shading, extremes_.range(matrix_.shading), text, surface_);
    }
};

}  // namespace

void draw(const Matrix& matrix, const Surface& surface, Sink& out) {
    if (!matrix.title.empty()) out.write(paint(safe_text(matrix.title, surface), Ink::title, surface) + "\n");
    if (matrix.rows.size == 0 || matrix.columns.size == 0) return out.write("  nothing to draw\n");
    MatrixDrawing(matrix, surface).draw(out);
}

}  // namespace attnx::view
