#include "support/attention_model.h"

#include <algorithm>

namespace attnx::test {

std::vector<double> singular_values(Dense matrix) {
    if (matrix.rows < matrix.columns) matrix = matrix.transposed();
    const std::size_t n = matrix.columns;
    for (int sweep = 0; sweep < 60; ++sweep) {
        for (std::size_t p = 0; p + 1 < n; ++p) {
            for (std::size_t q = p + 1; q < n; ++q) {
                double pp = 0, qq = 0, pq = 0;
                for (std::size_t i = 0; i < matrix.rows; ++i) {
                    pp += matrix.at(i, p) * matrix.at(i, p);
                    qq += matrix.at(i, q) * matrix.at(i, q);
                    pq += matrix.at(i, p) * matrix.at(i, q);
                }
                if (std::abs(pq) < 1e-15 * std::sqrt(pp * qq) || pq == 0) continue;
                const double zeta = (qq - pp) / (2 * pq);
                const double t = std::copysign(1 / (std::abs(zeta) + std::sqrt(1 + zeta * zeta)), zeta),
                             c = 1 / std::sqrt(1 + t * t);
                for (std::size_t i = 0; i < matrix.rows; ++i) {
                    const double x = matrix.at(i, p), y = matrix.at(i, q);
                    matrix.at(i, p) = c * x - c * t * y;
                    matrix.at(i, q) = c * t * x + c * y;
                }
            }
        }
    }
    std::vector<double> values;
    for (std::size_t j = 0; j < n; ++j) {
        double squares = 0;
        for (std::size_t i = 0; i < matrix.rows; ++i) squares += matrix.at(i, j) * matrix.at(i, j);
        values.push_back(std::sqrt(squares));
    }
    std::sort(values.rbegin(), values.rend());
    return values;
}

GgufBuilder::Fill fill(const Dense& matrix) {
    return fill_f32(std::vector<float>(matrix.values.begin(), matrix.values.end()));
}

AttentionLayer random_layer(std::uint32_t heads, std::uint32_t kv_heads, std::uint32_t dim, std::size_t d,
                            unsigned seed) {
    return {heads,
            kv_heads,
            dim,
            random_dense(heads * dim, d, seed),
            random_dense(kv_heads * dim, d, seed + 1),
            random_dense(kv_heads * dim, d, seed + 2),
            random_dense(d, heads * dim, seed + 3)};
}

void add_attention(GgufBuilder& builder, std::uint32_t index, const AttentionLayer& layer) {
    const std::string prefix = "blk." + std::to_string(index) + ".attn_";
    const auto add = [&](const char* name, const Dense& matrix) {
        if (!matrix.values.empty())
            builder.tensor(prefix + name + ".weight", "f32", {matrix.columns, matrix.rows}, fill(matrix));
    };
    add("q", layer.q);
    add("k", layer.k);
    add("v", layer.v);
    add("output", layer.o);
}

model::ModelSpec spec_of(const std::vector<AttentionLayer>& layers) {
    model::ModelSpec spec;
    spec.layer_count = spec.layer_count_all = static_cast<std::uint32_t>(layers.size());
    for (const AttentionLayer& layer : layers) {
        model::LayerSpec& out = spec.layers.emplace_back();
        out.index = static_cast<std::uint32_t>(spec.layers.size() - 1);
        out.head_count = layer.heads;
        out.head_count_kv = layer.kv_heads;
        out.head_dim_k = out.head_dim_v = layer.dim;
        spec.embedding_length = static_cast<std::uint32_t>(layer.q.columns);
    }
    return spec;
}

}  // namespace attnx::test
