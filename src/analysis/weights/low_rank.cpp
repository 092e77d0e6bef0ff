#include "low_rank.h"

#include <fmt/format.h>

#include <algorithm>

#include "attnx/tensor/view.h"
#include "inner_products.h"

namespace attnx::analysis {
namespace {

using model::Role;

Rows transposed(const Rows& rows) {
    Rows out(rows.columns, rows.rows);
    for (std::size_t i = 0; i < rows.rows; ++i)
        for (std::size_t j = 0; j < rows.columns; ++j) out.row(j)[i] = rows.row(i)[j];
    return out;
}

// left [m, r] times right [r, d], given right transposed [d, r]; into out's rows from `first`.
void multiply(const float* left, std::size_t m, const Rows& right_transposed, Rows& out, std::size_t first) {
    std::vector<double> products(m * right_transposed.rows);
    inner_products(left, m, right_transposed.values.data(), right_transposed.rows, right_transposed.columns,
                   products.data());
    std::transform(products.begin(), products.end(), out.row(first),
                   [](double x) { return static_cast<float>(x); });
}

Rows read(const gguf::File& file, const gguf::TensorInfo& info) {
    const tensor::TensorView view(file, info);
    Rows rows(view.rows() * view.slices(), view.columns());
    rows.values = view.read_all();
    return rows;
}

std::vector<float> gain_of(const gguf::File& file, const gguf::TensorInfo* info, bool raw) {
    return info == nullptr || raw ? std::vector<float>() : tensor::TensorView(file, *info).read_all();
}

Rows read_q(const gguf::File& file, const LayerTensors& tensors, bool raw) {
    const gguf::TensorInfo *a = tensors.weight(Role::q_a), *b = tensors.weight(Role::q_b),
                           *whole = tensors.weight(Role::q);
    if (whole != nullptr) return read(file, *whole);
    if (a == nullptr || b == nullptr || a->ne[1] != b->ne[0]) return {};
    Rows up = read(file, *b);
    scale_columns(up, gain_of(file, tensors.weight(Role::q_a_norm), raw));
    const Rows down = transposed(read(file, *a));
    Rows q(up.rows, down.rows);
    constexpr std::size_t kAtOnce = 256;
    for (std::size_t i = 0; i < up.rows; i += kAtOnce)
        multiply(up.row(i), std::min(kAtOnce, up.rows - i), down, q, i);
    return q;
}

// The rows of K (without rotation) and V per head: [heads * nope, rank] and [heads * dim_v, rank].
struct Up {
    Rows k, v;
};

Up split_kv_b(Rows kv_b, std::size_t heads, std::size_t nope) {
    const std::size_t per_head = kv_b.rows / heads, dim_v = per_head - nope;
    Up up{Rows(heads * nope, kv_b.columns), Rows(heads * dim_v, kv_b.columns)};
    for (std::size_t head = 0; head < heads; ++head) {
        std::copy_n(kv_b.row(head * per_head), nope * kv_b.columns, up.k.row(head * nope));
        std::copy_n(kv_b.row(head * per_head + nope), dim_v * kv_b.columns, up.v.row(head * dim_v));
    }
    return up;
}

// The absorbed form keeps K per head transposed: [heads, rank, nope].
Rows untranspose(const Rows& k_b, std::size_t heads) {
    const std::size_t rank = k_b.rows / heads, nope = k_b.columns;
    Rows out(heads * nope, rank);
    for (std::size_t head = 0; head < heads; ++head)
        for (std::size_t r = 0; r < rank; ++r)
            for (std::size_t i = 0; i < nope; ++i) out.row(head * nope + i)[r] = k_b.row(head * rank + r)[i];
    return out;
}

std::optional<Up> read_up(const gguf::File& file, const LayerTensors& tensors, std::size_t heads,
                          std::size_t nope, std::size_t rank) {
    if (const gguf::TensorInfo* both = tensors.weight(Role::kv_b)) {
        if (both->ne[0] != rank || both->ne[1] % heads != 0 || both->ne[1] / heads <= nope)
            return std::nullopt;
        return split_kv_b(read(file, *both), heads, nope);
    }
    const gguf::TensorInfo *k = tensors.weight(Role::k_b), *v = tensors.weight(Role::v_b);
    if (k == nullptr || v == nullptr || k->ne[0] != nope || k->ne[1] != rank || k->ne[2] != heads ||
        v->ne[0] != rank || v->ne[2] != heads)
        return std::nullopt;
    return Up{untranspose(read(file, *k), heads), read(file, *v)};
}

}  // namespace

std::optional<std::string> read_low_rank(const gguf::File& file, const LayerTensors& tensors, bool raw,
                                         LayerWeights& weights) {
    weights.form = "low-rank";
    weights.q = read_q(file, tensors, raw);
    const Rows kv_a = read(file, *tensors.weight(Role::kv_a));
    const gguf::TensorInfo* norm = tensors.weight(Role::kv_a_norm);
    if (weights.q.empty() || norm == nullptr || norm->ne[0] > kv_a.rows ||
        weights.q.rows % weights.heads != 0)
        return "the factors of Q and KV do not fit each other";
    const std::size_t heads = weights.heads, rank = norm->ne[0], rotated = kv_a.rows - rank,
                      dim_k = weights.q.rows / heads;
    if (dim_k <= rotated) return "Q has fewer dimensions than its rotated part";
    const std::size_t nope = dim_k - rotated;
    auto up = read_up(file, tensors, heads, nope, rank);
    if (!up) return "the factors of K and V do not fit each other";
    const std::vector<float> gain = gain_of(file, norm, raw);
    scale_columns(up->k, gain);
    scale_columns(up->v, gain);

    Rows compressed(rank, kv_a.columns);
    std::copy_n(kv_a.row(0), rank * kv_a.columns, compressed.row(0));
    const Rows down = transposed(compressed);
    weights.kv_heads = weights.heads;
    weights.dim_k = static_cast<std::uint32_t>(dim_k);
    weights.dim_v = static_cast<std::uint32_t>(up->v.rows / heads);
    weights.k = Rows(heads * dim_k, kv_a.columns);
    weights.v = Rows(up->v.rows, kv_a.columns);
    for (std::size_t head = 0; head < heads; ++head) {
        multiply(up->k.row(head * nope), nope, down, weights.k, head * dim_k);
        std::copy_n(kv_a.row(rank), rotated * kv_a.columns, weights.k.row(head * dim_k + nope));
        multiply(up->v.row(head * weights.dim_v), weights.dim_v, down, weights.v, head * weights.dim_v);
    }
    weights.notes.push_back(
        fmt::format("low-rank projections are multiplied out (KV rank {}); each K ends in {} rotated "
                    "dimensions shared by all heads",
                    rank, rotated));
    if (!raw)
        weights.notes.push_back(
            "the norms between the factors: gains are folded in, divisions by the root mean square are not");
    return std::nullopt;
}

}  // namespace attnx::analysis
