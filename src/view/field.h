// The part of a matrix that is drawn: pooled to the size there is, and as parts of its range. Private to view.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "attnx/view/document.h"

namespace attnx::view {

struct Pool {
    std::uint64_t rows = 1, columns = 1;  // so many become one cell
};

struct Field {
    std::uint64_t rows = 0, columns = 0;
    std::vector<float> values;
    float at(std::uint64_t row, std::uint64_t column) const {
        return row < rows && column < columns ? values[row * columns + column]
                                              : std::numeric_limits<float>::quiet_NaN();
    }
};

// `rows` rows from `first` on. Of each pool the largest, for signed numbers in magnitude: a mean would make thin
// stripes vanish.
Field pooled(const RowSource& source, std::uint64_t first, std::uint64_t rows, std::uint64_t columns, Pool pool,
             Tint tint);

// What there is, gathered row by row.
class Extremes {
public:
    void take(RowValues values);
    bool any() const { return low_ <= high_; }
    bool any_blank() const { return blank_; }
    // As the shading says, else of what was taken; the same on both sides of 0 for signed numbers.
    Range range(const Shading& shading) const;

private:
    double low_ = std::numeric_limits<double>::infinity(), high_ = -std::numeric_limits<double>::infinity();
    bool blank_ = false;
};

// Numbers become parts of the range on the scale: [0, 1], or [-1, 1] where they are signed.
void rescale(Field& field, Range range, const Shading& shading);

// The number that stands at a part of the scale: what rescale() makes that part of. By its largest, of a row whose
// largest is the range's.
double number_at(double part, Range range, const Shading& shading);

// "logarithmic, 4 decades"
std::string_view scale_text(Scale scale);

}  // namespace attnx::view
