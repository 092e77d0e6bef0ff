// What colours mean, below a drawing. Private to view.
#pragma once

#include <string>

#include "../../field.h"
#include "easel.h"

namespace attnx::view {

// A bar of the scale with its numbers, what is blank, and words, from `at` downwards.
void draw_key(Easel& easel, Point at, const Shading& shading, Range range, bool any_blank, const std::string& words);

// Words in lines of at most `width`, from the first's baseline on; where the next would be.
double draw_words(Easel& easel, Point at, double width, std::string_view text, double size, Rgb ink);

// "rows: queries, columns: keys; pooled 2x2, the largest of each"
std::string field_words(const Axis& rows, const Axis& columns, Pool pool);

}  // namespace attnx::view
