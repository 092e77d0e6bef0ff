// What drawings of networks have in common. Private to view.
#pragma once

#include "../../network.h"
#include "easel.h"

namespace attnx::view {

// The strongest edges, weak ones first, so that strong ones lie on top.
struct Ties {
    std::vector<Tie> ties;
    std::size_t left_out = 0;
    double most = 0;  // the strongest's weight, at least 0

    double part(const Tie& tie) const { return most > 0 ? std::clamp(tie.weight / most, 0.0, 1.0) : 0; }
};
Ties ties_of(const Network& network);

Axis axis_of(const Network& network);

// How broad the strongest may be where nodes are so far apart.
double widest_tie(double apart);

// A line as broad and as dark as the tie is strong.
Stroke tie_stroke(std::vector<Point> points, double part, double widest, const Easel& easel, bool curved);

// Three such lines with their weights; ends where the next would be.
void draw_tie_key(Easel& easel, Point at, const Ties& ties, double widest, const std::string& words);

}  // namespace attnx::view
