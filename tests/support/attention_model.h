// Small attention models for tests of weights: matrices as plain vectors, written as GGUF.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "attnx/model/spec.h"
#include "support/gguf_builder.h"

namespace attnx::test {

// [rows, columns], row after row.
struct Dense {
    std::size_t rows = 0, columns = 0;
    std::vector<double> values = {};

    Dense() = default;
    Dense(std::size_t r, std::size_t c) : rows(r), columns(c), values(r * c) {}
    double& at(std::size_t i, std::size_t j) { return values[i * columns + j]; }
    double at(std::size_t i, std::size_t j) const { return values[i * columns + j]; }

    Dense transposed() const {
        Dense out(columns, rows);
        for (std::size_t i = 0; i < rows; ++i)
            for (std::size_t j = 0; j < columns; ++j) out.at(j, i) = at(i, j);
        return out;
    }
    Dense rows_from(std::size_t first, std::size_t count) const {
        Dense out(count, columns);
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t j = 0; j < columns; ++j) out.at(i, j) = at(first + i, j);
        return out;
    }
    double norm() const {
        double sum = 0;
        for (const double value : values) sum += value * value;
        return std::sqrt(sum);
    }
};

inline Dense operator*(const Dense& a, const Dense& b) {
    Dense out(a.rows, b.columns);
    for (std::size_t i = 0; i < a.rows; ++i)
        for (std::size_t k = 0; k < a.columns; ++k)
            for (std::size_t j = 0; j < b.columns; ++j) out.at(i, j) += a.at(i, k) * b.at(k, j);
    return out;
}

// Standard normal numbers, exact as floats.
inline Dense random_dense(std::size_t rows, std::size_t columns, unsigned seed) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> normal;
    Dense out(rows, columns);
    for (double& value : out.values) value = static_cast<double>(normal(generator));
    return out;
}

inline Dense identity(std::size_t size, std::size_t columns, std::size_t first = 0) {
    Dense out(size, columns);
    for (std::size_t i = 0; i < size; ++i) out.at(i, first + i) = 1;
    return out;
}

// Singular values, descending, by one-sided Jacobi rotations.
std::vector<double> singular_values(Dense matrix);

GgufBuilder::Fill fill(const Dense& matrix);

// One layer: q [heads * dim, d], k and v [kv_heads * dim, d], o [d, heads * dim] as files keep it.
struct AttentionLayer {
    std::uint32_t heads = 1, kv_heads = 1, dim = 1;
    Dense q, k, v, o;
};
AttentionLayer random_layer(std::uint32_t heads, std::uint32_t kv_heads, std::uint32_t dim, std::size_t d,
                            unsigned seed);

// "blk.N.attn_{q,k,v,output}.weight" as f32.
void add_attention(GgufBuilder& builder, std::uint32_t index, const AttentionLayer& layer);
model::ModelSpec spec_of(const std::vector<AttentionLayer>& layers);

}  // namespace attnx::test
