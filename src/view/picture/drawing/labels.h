// What the places along the sides of a drawing are called. Private to view.
#pragma once

#include <string>

#include "easel.h"

namespace attnx::view {

// How many places become one cell, and how large that is: so that all fit into `room`.
struct Fit {
    std::uint64_t pool = 1, cells = 0;
    double cell = 0;
    double extent() const { return cell * static_cast<double>(cells); }
};
Fit fit(std::uint64_t places, double room, double largest, double least = 2);

class AxisLabels {
public:
    AxisLabels(const Axis& axis, const Fit& fit);

    // Room they take: above a drawing, and to its left.
    double above() const;
    double beside() const;
    // `corner` is where the drawing begins.
    void draw_above(Easel& easel, Point corner) const;
    void draw_beside(Easel& easel, Point corner) const;
    // To its right, from its upper right corner on.
    void draw_after(Easel& easel, Point corner) const;
    // Below it, from `corner` downwards, each centred on its cell.
    void draw_below(Easel& easel, Point corner) const;

private:
    struct Text {
        std::string number = {}, word = {};
        bool marked = false;
    };
    const Axis& axis_;
    Fit fit_;
    bool words_, mixed_ = false, level_ = false;  // level: words and numbers above a drawing lie as text does
    double size_ = 11;
    std::uint64_t every_ = 1, every_number_ = 1;
    double widest_word_ = 0, widest_number_ = 0;

    bool grouped() const { return !axis_.groups.empty(); }
    Text text(std::uint64_t cell) const;
    void draw_groups(Easel& easel, Point corner) const;
    template <class Visit>
    void each(std::uint64_t every, const Visit& visit) const;
};

// Where a drawing begins that has labels beside and above it, and their names in the corner; on a whole pixel.
Point corner_of(const Axis& rows, const AxisLabels& beside, const Axis& columns, const AxisLabels& above);
// "keys →" and "queries ↓".
void draw_names(Easel& easel, const Axis& rows, const Axis& columns, Point corner);

// A bracket over neighbours, with what they share.
void draw_bracket(Easel& easel, double from, double to, double y, const std::string& name);

}  // namespace attnx::view
