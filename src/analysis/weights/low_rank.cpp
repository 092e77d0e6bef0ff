#include "low_rank.h"

#include <fmt/format.h>

#include <algorithm>

#include "attnx/base/text.h"
#include "attnx/kernel/inner_products.h"
#include "attnx/model/tensor_plan.h"

namespace attnx::analysis {
namespace {

using model::Role;
using model::Stem;

Rows transposed(const Rows& rows) {
    Rows out(rows.columns, rows.rows);
    for (std::size_t i = 0; i < rows.rows; ++i)
        for (std::size_t j = 0; j < rows.columns; ++j)
            out.values[j * rows.rows + i] = rows.values[i * rows.columns + j];
    return out;
}

void copy_rows(const Rows& from, std::size_t first, std::size_t count, Rows& to, std::size_t at) {
    for (std::size_t i = 0; i < count; ++i) std::ranges::copy(from.row(first + i), to.row(at + i).begin());
}

// left [m, r] times right [r, d], given right transposed [d, r]; into out's rows from `first`.
void multiply(RowBlock left, const Rows& right_transposed, Rows& out, std::size_t first) {
    std::vector<double> products(product({left.rows, right_transposed.rows}, "products of rows"));
    kernel::inner_products(left, right_transposed.all(), products);
    const auto to = part(std::span(out.values), first * out.columns, products.size(), "rows of a matrix");
    std::transform(products.begin(), products.end(), to.begin(), [](double x) { return static_cast<float>(x); });
}

std::vector<float> gain_of(const gguf::File& file, const gguf::TensorInfo* info, std::size_t count, bool raw) {
    return raw ? std::vector<float>() : read_vector(file, info, count);
}

const gguf::TensorInfo& required(const LayerTensors& tensors, Role role, Stem stem) {
    const gguf::TensorInfo* info = tensors.weight(role);
    if (info != nullptr) return *info;
    throw Misfit{fmt::format("{} is missing",
                             model::tensor_name({model::Stack::trunk, tensors.layer}, stem, model::Suffix::weight))};
}

Rows read_q(const gguf::File& file, const LayerTensors& tensors, std::uint64_t width, bool raw) {
    if (const gguf::TensorInfo* whole = tensors.weight(Role::q)) {
        expect_shape(*whole, width, kAny);
        return read_matrix(file, *whole);
    }
    const gguf::TensorInfo &a = required(tensors, Role::q_a, Stem::attn_q_a),
                           &b = required(tensors, Role::q_b, Stem::attn_q_b);
    expect_shape(a, width, kAny);
    expect_shape(b, a.ne[1], kAny);
    Rows up = read_matrix(file, b);
    scale_columns(up, gain_of(file, tensors.weight(Role::q_a_norm), up.columns, raw));
    const Rows down = transposed(read_matrix(file, a));
    Rows q(up.rows, down.rows);
    constexpr std::size_t kAtOnce = 256;
    for (std::size_t i = 0; i < up.rows; i += kAtOnce)
        multiply(up.rows_from(i, std::min(kAtOnce, up.rows - i)), down, q, i);
    return q;
}

// The rows of K (without rotation) and V per head: [heads * nope, rank] and [heads * dim_v, rank].
struct Up {
    Rows k, v;
};

Up split_kv_b(const Rows& kv_b, std::size_t heads, std::size_t nope) {
    const std::size_t per_head = share(kv_b.rows, heads, "rows over heads"), dim_v = per_head - nope;
    Up up{Rows(heads * nope, kv_b.columns), Rows(heads * dim_v, kv_b.columns)};
    for (std::size_t head = 0; head < heads; ++head) {
        copy_rows(kv_b, head * per_head, nope, up.k, head * nope);
        copy_rows(kv_b, head * per_head + nope, dim_v, up.v, head * dim_v);
    }
    return up;
}

// The absorbed form keeps K per head transposed: [heads, rank, nope].
Rows untranspose(const Rows& k_b, std::size_t heads) {
    const std::size_t rank = share(k_b.rows, heads, "rows over heads"), nope = k_b.columns;
    Rows out(heads * nope, rank);
    for (std::size_t head = 0; head < heads; ++head)
        for (std::size_t r = 0; r < rank; ++r) {
            const std::span<const float> row = k_b.row(head * rank + r);
            for (std::size_t i = 0; i < nope; ++i) out.row(head * nope + i)[r] = row[i];
        }
    return out;
}

Up read_up(const gguf::File& file, const LayerTensors& tensors, std::size_t heads, std::size_t nope, std::size_t rank) {
    if (const gguf::TensorInfo* both = tensors.weight(Role::kv_b)) {
        expect_shape(*both, rank, kAny);
        if (both->ne[1] % heads != 0 || both->ne[1] / heads <= nope)
            throw Misfit{fmt::format("{} has {} rows, which are not {} heads of more than {}", printable(both->name),
                                     both->ne[1], heads, nope)};
        return split_kv_b(read_matrix(file, *both), heads, nope);
    }
    const gguf::TensorInfo &k = required(tensors, Role::k_b, Stem::attn_k_b),
                           &v = required(tensors, Role::v_b, Stem::attn_v_b);
    expect_shape(k, nope, rank, heads);
    expect_shape(v, rank, kAny, heads);
    return Up{untranspose(read_matrix(file, k), heads), read_matrix(file, v)};
}

}  // namespace

void read_low_rank(const gguf::File& file, const LayerTensors& tensors, bool raw, LayerWeights& weights) {
    weights.form = "low-rank";
    const gguf::TensorInfo &kv_a_info = required(tensors, Role::kv_a, Stem::attn_kv_a_mqa),
                           &norm = required(tensors, Role::kv_a_norm, Stem::attn_kv_a_norm);
    const std::size_t heads = weights.heads, width = kv_a_info.ne[0], rank = norm.ne[0];
    expect_shape(kv_a_info, width, kAny);
    expect_shape(norm, rank, 1);
    weights.q = read_q(file, tensors, width, raw);
    const std::size_t dim_k = weights.q.rows / heads;
    if (weights.q.rows % heads != 0 || rank > kv_a_info.ne[1] || dim_k <= kv_a_info.ne[1] - rank)
        throw Misfit{fmt::format("{} has {} rows and the norm after it {}; Q has {} rows for {} heads",
                                 printable(kv_a_info.name), kv_a_info.ne[1], rank, weights.q.rows, heads)};
    const std::size_t rotated = kv_a_info.ne[1] - rank, nope = dim_k - rotated;
    const Rows kv_a = read_matrix(file, kv_a_info);
    Up up = read_up(file, tensors, heads, nope, rank);
    const std::vector<float> gain = gain_of(file, &norm, rank, raw);
    scale_columns(up.k, gain);
    scale_columns(up.v, gain);

    Rows compressed(rank, width);
    copy_rows(kv_a, 0, rank, compressed, 0);
    const Rows down = transposed(compressed);
    const std::size_t dim_v = up.v.rows / heads;
    weights.dim_k = static_cast<std::uint32_t>(dim_k);
    weights.dim_v = static_cast<std::uint32_t>(dim_v);
    weights.k = Rows(heads * dim_k, width);
    weights.v = Rows(heads * dim_v, width);
    for (std::size_t head = 0; head < heads; ++head) {
        multiply(up.k.rows_from(head * nope, nope), down, weights.k, head * dim_k);
        copy_rows(kv_a, rank, rotated, weights.k, head * dim_k + nope);
        multiply(up.v.rows_from(head * dim_v, dim_v), down, weights.v, head * dim_v);
    }
    weights.notes.push_back(
        fmt::format("low-rank projections are multiplied out (KV rank {}); each K ends in {} rotated "
                    "dimensions shared by all heads",
                    rank, rotated));
    if (!raw)
        weights.notes.push_back(
            "the norms between the factors: gains are folded in, divisions by the root mean square are not");
}

}  // namespace attnx::analysis
