#include "field.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace attnx::view {
namespace {

constexpr double kDecades = 4;

double size_of(float value, Tint tint) {
    return tint == Tint::diverging ? std::fabs(static_cast<double>(value)) : static_cast<double>(value);
}

// A part of [0, 1] on a scale.
double scaled(double part, double largest, Scale scale) {
    switch (scale) {
        case Scale::linear: return part;
        case Scale::square_root: return std::sqrt(part);
        case Scale::logarithmic: return part > 0 ? std::max(0.0, 1 + std::log10(part) / kDecades) : 0;
        case Scale::row_maximum: return largest > 0 ? part / largest : 0;
    }
    return part;
}

double unscaled(double part, Scale scale) {
    switch (scale) {
        case Scale::square_root: return part * part;
        case Scale::logarithmic: return std::pow(10, kDecades * (part - 1));
        case Scale::linear:
        case Scale::row_maximum: break;
    }
    return part;
}

// Of the range, before any scale; negative for the lower half of signed numbers.
double part_of(float value, Range range, Tint tint) {
    const double number = static_cast<double>(value);
    if (tint == Tint::diverging) {
        const double most = std::max(std::fabs(range.low), std::fabs(range.high));
        return most > 0 ? std::clamp(number / most, -1.0, 1.0) : 0;
    }
    const double width = range.high - range.low;
    return width > 0 ? std::clamp((number - range.low) / width, 0.0, 1.0) : 0.5;
}

}  // namespace

Field pooled(const RowSource& source, std::uint64_t first, std::uint64_t rows, std::uint64_t columns, Pool pool,
             Tint tint) {
    Field field{(rows + pool.rows - 1) / pool.rows, (columns + pool.columns - 1) / pool.columns, {}};
    field.values.assign(field.rows * field.columns, std::numeric_limits<float>::quiet_NaN());
    for (std::uint64_t i = 0; i < rows; ++i) {
        const RowValues values = source(first + i);
        for (std::uint64_t j = 0; j < columns; ++j) {
            float& cell = field.values[i / pool.rows * field.columns + j / pool.columns];
            if (!std::isnan(values[j]) && !(size_of(cell, tint) >= size_of(values[j], tint))) cell = values[j];
        }
    }
    return field;
}

void Extremes::take(RowValues values) {
    for (const float value : values) {
        if (std::isnan(value)) blank_ = true;
        if (!std::isfinite(value)) continue;
        low_ = std::min(low_, static_cast<double>(value));
        high_ = std::max(high_, static_cast<double>(value));
    }
}

Range Extremes::range(const Shading& shading) const {
    const Range range = shading.range.value_or(any() ? Range{low_, high_} : Range{});
    if (shading.tint == Tint::sequential) return range;
    const double most = std::max(std::fabs(range.low), std::fabs(range.high));
    return {-most, most};
}

void rescale(Field& field, Range range, const Shading& shading) {
    for (std::uint64_t row = 0; row < field.rows; ++row) {
        float* const values = field.values.data() + row * field.columns;
        double largest = 0;
        for (std::uint64_t i = 0; i < field.columns; ++i)
            if (!std::isnan(values[i])) largest = std::max(largest, std::fabs(part_of(values[i], range, shading.tint)));
        for (std::uint64_t i = 0; i < field.columns; ++i) {
            if (std::isnan(values[i])) continue;
            const double part = part_of(values[i], range, shading.tint);
            values[i] = static_cast<float>(std::copysign(scaled(std::fabs(part), largest, shading.scale), part));
        }
    }
}

double number_at(double part, Range range, const Shading& shading) {
    const double size = unscaled(std::fabs(part), shading.scale);
    if (shading.tint == Tint::diverging)
        return std::copysign(size, part) * std::max(std::fabs(range.low), std::fabs(range.high));
    return range.low + size * (range.high - range.low);
}

std::string_view scale_text(Scale scale) {
    constexpr std::array<std::string_view, 4> kNames = {"linear", "square root", "logarithmic, 4 decades",
                                                        "each row by its largest"};
    return kNames[static_cast<std::size_t>(scale)];
}

}  // namespace attnx::view
