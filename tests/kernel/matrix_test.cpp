#include "attnx/kernel/matrix.h"

#include <gtest/gtest.h>

#include <vector>

#include "attnx/base/error.h"
#include "attnx/kernel/dot.h"
#include "attnx/kernel/inner_products.h"

namespace attnx::kernel {
namespace {

// 0 1 2 / 3 4 5 / 6 7 8 / 9 10 11
Matrix counted() {
    Matrix m(4, 3);
    for (std::size_t i = 0; i < m.values.size(); ++i) m.values[i] = static_cast<float>(i);
    return m;
}

TEST(Matrix, gives_rows_and_columns_that_it_has) {
    Matrix m = counted();
    EXPECT_EQ(m.row(2)[1], 7.0F);
    EXPECT_EQ(m.part(1, 1, 2)[1], 5.0F);
    EXPECT_EQ(m.strip(1, 2).row(3)[0], 10.0F);
    EXPECT_EQ(m.strip(1, 2).rows_from(2, 2).row(0)[1], 8.0F);
    EXPECT_EQ(m.values_of(1, 2).size(), 6u);
    EXPECT_EQ(m.values_of(1, 2)[0], 3.0F);
    EXPECT_EQ(m.rows_from(4, 0).rows, 0u);
}

TEST(Matrix, refuses_what_it_has_not) {
    Matrix m = counted();
    EXPECT_THROW(m.row(4), Error);
    EXPECT_THROW(m.part(0, 2, 2), Error);
    EXPECT_THROW(m.strip(3, 1), Error);
    EXPECT_THROW(m.rows_from(2, 3), Error);
    EXPECT_THROW(m.values_of(SIZE_MAX, 1), Error);
    EXPECT_THROW(m.values_of(1, SIZE_MAX), Error);
    EXPECT_THROW(Matrix(SIZE_MAX, 2), Error) << "more floats than can be counted";
    Matrix other(4, 2);
    EXPECT_THROW(add_into(m, other), Error);
}

// Rows 0 1 2 and 3 4 5 with themselves.
TEST(InnerProducts, are_those_of_each_row_with_each) {
    const Matrix m = counted();
    std::vector<double> out(4);
    inner_products(m.rows_from(0, 2), m.rows_from(0, 2), out);
    EXPECT_EQ(out, (std::vector<double>{0 + 1 + 4, 0 + 4 + 10, 0 + 4 + 10, 9 + 16 + 25}));
}

TEST(InnerProducts, are_refused_where_sizes_do_not_go_together) {
    const Matrix m = counted();
    std::vector<double> out(4);
    EXPECT_THROW(inner_products(m.rows_from(0, 2), m.rows_from(0, 3), out), Error);
    EXPECT_THROW(inner_products(m.rows_from(0, 2), Matrix(2, 2).all(), out), Error);
    EXPECT_THROW(inner_products(m.strip(0, 2).rows_from(0, 2), m.strip(0, 2).rows_from(0, 2), out), Error)
        << "rows that are not next to each other";
}

TEST(DotProducts, are_refused_where_sizes_do_not_go_together) {
    const Matrix m = counted();
    Matrix y(4, 4), small(4, 3);
    Floats room;
    dot_products(m.all(), m.all(), y.all(), Rest::in_turn, room, best_simd());
    EXPECT_EQ(y.row(0)[3], 0.0F * 9 + 1 * 10 + 2 * 11);
    EXPECT_THROW(dot_products(m.all(), m.strip(0, 2), y.all(), Rest::in_turn, room, best_simd()), Error);
    EXPECT_THROW(dot_products(m.all(), m.all(), small.all(), Rest::in_turn, room, best_simd()), Error);
}

}  // namespace
}  // namespace attnx::kernel
