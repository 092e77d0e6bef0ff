// Matrices of which a tape may know what one row is a sum of: the residual stream, and what is written into it. Without
// a tape these are the steps on matrices and nothing more.
#pragma once

#include <utility>
#include <vector>

#include "kernel.h"
#include "ops/norm.h"
#include "tape.h"
#include "weights.h"

namespace attnx::forward {

struct Traced : Matrix {
    Traced() = default;
    Traced(Matrix matrix) : Matrix(std::move(matrix)) {}

    Tape* tape = nullptr;  // null: nothing is noted
    Tape::Node node = 0;

    std::span<const float> noted_row() const { return row(tape->row()); }
    Tape::Term whole(float factor = 1.0F) const { return {.from = node, .count = columns, .factor = factor}; }
    // The row is the sum of these, which the tape knows.
    void is_sum_of(Tape* of, std::vector<Tape::Term> terms, std::vector<Tape::Product> products = {});
};

// What somebody adds to the stream; a tape that is null notes nothing.
Traced written(Tape* tape, Writer writer, Matrix matrix);

// Throws internal when a tape knows of one of them only.
void add_into(Traced& sum, const Traced& other);
void scale_by(Traced& m, float factor);
void multiply_rows(Traced& m, std::span<const float> gains);
void multiply_each(Traced& m, const Matrix& gains);
Traced normalized(NormRule rule, const Norm& norm, const Traced& x);
Traced applied(const Linear& linear, const Traced& x, Workers& workers);

}  // namespace attnx::forward
