#include "heads.h"

#include <algorithm>
#include <cmath>

namespace attnx::forward {

Matrix columns_of(const Matrix& m, std::size_t first, std::size_t count) {
    Matrix part(m.rows, count);
    for (std::size_t t = 0; t < m.rows; ++t) std::copy_n(m.row(t) + first, count, part.row(t));
    return part;
}

void append_rows(Matrix& to, const Matrix& rows) {
    to.columns = rows.columns;
    to.rows += rows.rows;
    to.values.insert(to.values.end(), rows.values.begin(), rows.values.end());
}

void norm_heads(NormRule rule, const Norm& norm, Matrix& m, std::uint32_t heads) {
    if (!norm || m.rows == 0) return;
    const std::size_t dim = m.columns / heads;
    for (std::size_t t = 0; t < m.rows; ++t) {
        if (norm.width == m.columns) {
            normalize(rule, norm, m.row_span(t));
            continue;
        }
        for (std::uint32_t h = 0; h < heads; ++h) {
            const std::span<float> head(m.row(t) + h * dim, dim);
            if (norm.width != 1) {
                normalize(rule, norm, head, h);
                continue;
            }
            normalize(rule, {}, head);  // one factor per head
            for (float& v : head) v *= norm.weight[h % norm.weight.size()];
        }
    }
}

void norm_heads_unweighted(NormRule rule, Matrix& m, std::uint32_t heads) {
    const std::size_t dim = m.columns / heads;
    for (std::size_t t = 0; t < m.rows; ++t) {
        for (std::uint32_t h = 0; h < heads; ++h) normalize(rule, {}, {m.row(t) + h * dim, dim});
    }
}

void l2_normalize_heads(Matrix& m, std::size_t heads, float epsilon) {
    const std::size_t dim = m.columns / heads;
    for (std::size_t t = 0; t < m.rows; ++t) {
        for (std::size_t h = 0; h < heads; ++h) l2_normalize({m.row(t) + h * dim, dim}, epsilon);
    }
}

void rotate_heads(const RopeTable& table, Matrix& m, std::uint32_t heads, std::size_t offset) {
    const std::size_t dim = m.columns / heads;
    for (std::size_t t = 0; t < m.rows; ++t) {
        for (std::uint32_t h = 0; h < heads; ++h) table.rotate(t, m.row(t) + h * dim + offset);
    }
}

void warm(const model::Temperature& temperature, std::uint32_t first_position, Matrix& queries) {
    for (std::size_t t = 0; t < queries.rows; ++t) {
        const double position = static_cast<double>(first_position) + static_cast<double>(t) + static_cast<double>(temperature.offset);
        const double steps = std::floor(position / temperature.floor);
        const auto factor = static_cast<float>(std::log(steps + 1.0) * static_cast<double>(temperature.scale) + 1.0);
        for (float& v : queries.row_span(t)) v *= factor;
    }
}

RopeFactors::RopeFactors(const MixerParts& parts)
    : any_(parts.model_tensors.vector("rope_freqs")), long_(parts.model_tensors.vector("rope_factors_long")),
      short_(parts.model_tensors.vector("rope_factors_short")), context_(parts.context) {}

std::span<const float> RopeFactors::of(const model::RopePlan& plan, std::uint32_t tokens) const {
    if (!plan.file_factors) return {};
    const auto& chosen = !any_.empty() ? any_ : std::max(context_, tokens) > plan.original_context ? long_ : short_;
    if (chosen.size() < plan.dimensions / 2) return {};
    return chosen;
}

}  // namespace attnx::forward
