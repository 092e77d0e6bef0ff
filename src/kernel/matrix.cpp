#include "attnx/kernel/matrix.h"

#include <algorithm>

#include <fmt/format.h>

#include "attnx/base/error.h"

namespace attnx::kernel {

namespace {

void expect_equal(std::size_t a, std::size_t b) {
    if (a == b) return;
    throw Error(ErrorCode::bad_dimensions,
                fmt::format("two parts of the model give {} and {} numbers where they should give as many", a, b));
}

}  // namespace

void copy(std::span<const float> from, std::span<float> to) {
    expect_equal(from.size(), to.size());
    std::copy_n(from.data(), from.size(), to.data());
}

void add(std::span<float> to, std::span<const float> other) {
    expect_equal(to.size(), other.size());
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += other[i];
}

void add_scaled(std::span<float> to, std::span<const float> other, float factor) {
    expect_equal(to.size(), other.size());
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += factor * other[i];
}

void multiply(std::span<float> to, std::span<const float> other) {
    expect_equal(to.size(), other.size());
    for (std::size_t i = 0; i < to.size(); ++i) to[i] *= other[i];
}

void add_into(Matrix& sum, const Matrix& other) {
    expect_equal(sum.columns, other.columns);
    add(sum.values, other.values);
}

void scale_by(Matrix& m, float factor) {
    if (factor == 1.0F) return;
    for (float& v : m.values) v *= factor;
}

}  // namespace attnx::kernel
