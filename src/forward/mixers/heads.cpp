#include "heads.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "attnx/base/error.h"

namespace attnx::forward {

namespace {

std::size_t dim_of(const Matrix& m, std::size_t heads) { return share(m.columns, heads, "a row of heads"); }

// The heads of all tokens, one a row.
Strip<float> heads_of(Matrix& m, std::size_t heads) {
    const std::size_t dim = dim_of(m, heads);
    return {m.values.data(), m.rows * heads, dim, dim};
}

}  // namespace

Matrix columns_of(const Matrix& m, std::size_t first, std::size_t count) {
    Matrix part(m.rows, count);
    for (std::size_t t = 0; t < m.rows; ++t) copy(m.part(t, first, count), part.row(t));
    return part;
}

void append_rows(Matrix& to, const Matrix& rows) {
    if (to.rows == 0) to.columns = rows.columns;
    if (to.columns != rows.columns) outside(0, rows.columns, to.columns, "columns of what is remembered");
    to.rows += rows.rows;
    to.values.insert(to.values.end(), rows.values.begin(), rows.values.end());
}

Matrix rows_after(const Matrix& m, std::size_t first) {
    const Strip<const float> from = m.rows_from(first, m.rows - std::min(first, m.rows));
    Matrix rest(from.rows, m.columns);
    for (std::size_t t = 0; t < rest.rows; ++t) copy(from.row(t), rest.row(t));
    return rest;
}

void norm_heads(NormRule rule, const Norm& norm, Matrix& m, std::size_t heads) {
    if (!norm || m.rows == 0) return;
    if (norm.width == m.columns) return normalize_all(rule, norm, m.all());
    const Strip<float> rows = heads_of(m, heads);
    if (norm.width != 1) return normalize_all(rule, norm, rows, heads);
    normalize_all(rule, {}, rows);  // one factor per head
    for (std::size_t i = 0; i < rows.rows; ++i) {
        const float factor = part(std::span(norm.weight), i % heads, 1, norm.name).front();
        for (float& v : rows.row(i)) v *= factor;
    }
}

void norm_heads_unweighted(NormRule rule, Matrix& m, std::size_t heads) { normalize_all(rule, {}, heads_of(m, heads)); }

void l2_normalize_heads(Matrix& m, std::size_t heads, float epsilon) {
    const std::size_t dim = dim_of(m, heads);
    for (std::size_t t = 0; t < m.rows; ++t) {
        for (std::size_t h = 0; h < heads; ++h) l2_normalize(m.part(t, h * dim, dim), epsilon);
    }
}

namespace {

template <class Turn>
void turn_heads(Matrix& m, std::size_t heads, std::size_t offset, Turn&& turn) {
    if (m.rows == 0) return;
    const std::size_t dim = dim_of(m, heads);
    if (offset > dim) outside(offset, 0, dim, "dimensions to rotate");
    for (std::size_t t = 0; t < m.rows; ++t) {
        for (std::size_t h = 0; h < heads; ++h) turn(t, m.part(t, h * dim + offset, dim - offset));
    }
}

}  // namespace

void rotate_heads(const RopeTable& table, Matrix& m, std::size_t heads, std::size_t offset) {
    turn_heads(m, heads, offset, [&](std::size_t t, std::span<float> head) { table.rotate(t, head); });
}

void rotate_heads_back(const RopeTable& table, Matrix& m, std::size_t heads, std::size_t offset) {
    turn_heads(m, heads, offset, [&](std::size_t t, std::span<float> head) { table.rotate_back(t, head); });
}

void warm(const model::Temperature& temperature, std::uint32_t first_position, Matrix& queries) {
    for (std::size_t t = 0; t < queries.rows; ++t) {
        const double position =
            static_cast<double>(first_position) + static_cast<double>(t) + static_cast<double>(temperature.offset);
        const auto scale = static_cast<double>(temperature.scale);
        const auto factor = static_cast<float>(
            temperature.power ? std::exp(scale * std::log1p(position / temperature.floor))
                              : std::log(std::floor(position / temperature.floor) + 1.0) * scale + 1.0);
        for (float& v : queries.row(t)) v *= factor;
    }
}

PositionScale::PositionScale(const Tensors& tensors, Stem stem, std::size_t heads)
    : weight_(tensors.optional_vector(stem, heads)) {
    if (!weight_.empty()) bias_ = tensors.vector(stem, heads, Suffix::bias);
}

void PositionScale::apply(Matrix& queries, std::uint32_t first_position) const {
    if (weight_.empty()) return;
    const std::size_t dim = dim_of(queries, weight_.size());
    for (std::size_t t = 0; t < queries.rows; ++t) {
        const float length = std::log(static_cast<float>(first_position + t) + 1.0F);
        const std::span<float> row = queries.row(t);
        for (std::size_t i = 0; i < row.size(); ++i) row[i] *= length * weight_[i / dim] + bias_[i / dim];
    }
}

RopeFactors::RopeFactors(const MixerParts& parts, const std::optional<model::RopePlan>& rope)
    : context_(parts.context) {
    if (!rope || !rope->file_factors) return;
    const auto factors = [&](Stem stem) { return parts.model_tensors.optional_beginning(stem, rope->dimensions / 2); };
    any_ = factors(Stem::rope_freqs);
    long_ = factors(Stem::rope_factors_long);
    short_ = factors(Stem::rope_factors_short);
}

const RopeTable& RopeFactors::table(const model::RopePlan& plan, std::uint32_t tokens, Pass& pass) const {
    return pass.handed->rotations.of(plan, of(plan, pass.first_position + tokens), pass.first_position, tokens);
}

std::span<const float> RopeFactors::of(const model::RopePlan& plan, std::uint32_t tokens) const {
    return !any_.empty() ? any_ : std::max(context_, tokens) > plan.original_context ? long_ : short_;
}

}  // namespace attnx::forward
