// Where Q, K, V and O are: apart (attn_q …), one below the other (attn_qkv), as products of thin matrices
// (low_rank.cpp), Q with a gate between its heads (Qwen3-Next); and which gains belong to them.
#include "layer_weights.h"

#include <fmt/format.h>

#include <algorithm>

#include "attnx/tensor/view.h"
#include "low_rank.h"

namespace attnx::analysis {
namespace {

using model::Role;

constexpr Role kWanted[] = {Role::q,
                            Role::k,
                            Role::v,
                            Role::o,
                            Role::qkv,
                            Role::gate,
                            Role::sinks,
                            Role::q_norm,
                            Role::k_norm,
                            Role::q_a,
                            Role::q_b,
                            Role::q_a_norm,
                            Role::kv_a,
                            Role::kv_a_norm,
                            Role::kv_b,
                            Role::k_b,
                            Role::v_b,
                            Role::attention_norm,
                            Role::attention_norm_2,
                            Role::attention_post_norm,
                            Role::attention_sub_norm,
                            Role::ffn_norm,
                            Role::ffn_post_norm};

std::vector<float> read_vector(const gguf::File& file, const gguf::TensorInfo* info) {
    if (info == nullptr) return {};
    return tensor::TensorView(file, *info).read_all();
}

// Rows [first, first + count) of a matrix.
Rows read_rows(const gguf::File& file, const gguf::TensorInfo& info, std::size_t first, std::size_t count) {
    const tensor::TensorView view(file, info);
    Rows rows(count, view.columns());
    view.read_rows(0, first, rows.values);
    return rows;
}

Rows read_all(const gguf::File& file, const gguf::TensorInfo* info) {
    return info == nullptr ? Rows() : read_rows(file, *info, 0, info->ne[1]);
}

// A matrix of [outputs, heads * dim] as [heads * dim, outputs], some rows at a time.
Rows read_transposed(const gguf::File& file, const gguf::TensorInfo& info) {
    constexpr std::size_t kRows = 32;
    const tensor::TensorView view(file, info);
    const std::size_t columns = view.columns(), rows = view.rows();
    Rows out(columns, rows);
    std::vector<float> some(std::min(kRows, rows) * columns);
    for (std::size_t first = 0; first < rows; first += kRows) {
        const std::size_t count = std::min(kRows, rows - first);
        view.read_rows(0, first, std::span(some).first(count * columns));
        for (std::size_t column = 0; column < columns; ++column)
            for (std::size_t i = 0; i < count; ++i) out.row(column)[first + i] = some[i * columns + column];
    }
    return out;
}

// The gain of the norm whose result Q, K and V read.
const gguf::TensorInfo* input_norm(const LayerTensors& tensors) {
    const gguf::TensorInfo* second = tensors.weight(Role::attention_norm_2);
    const gguf::TensorInfo* first = tensors.weight(Role::attention_norm);
    return first != nullptr && second != nullptr ? second : first;  // Falcon: the second is attention's own
}

// A norm after attention that is attention's own, and not the one before the feed-forward network under
// another name.
const gguf::TensorInfo* output_norm(const LayerTensors& tensors) {
    const bool own = tensors.has(Role::ffn_norm) || tensors.has(Role::ffn_post_norm);
    return own ? tensors.weight(Role::attention_post_norm) : nullptr;
}

void fold_input(const gguf::File& file, const LayerTensors& tensors, LayerWeights& weights) {
    const gguf::TensorInfo* info = input_norm(tensors);
    if (info == nullptr) {
        weights.notes.push_back("no norm before attention: nothing to fold");
        return;
    }
    const std::vector<float> gain = read_vector(file, info);
    for (Rows* rows : {&weights.q, &weights.k, &weights.v}) scale_columns(*rows, gain);
    if (tensors.bias(Role::attention_norm) != nullptr)
        weights.notes.push_back(
            "layer norm: its gain is folded in, its bias and the subtraction of the mean are not");
}

// q and k norms work per head (one gain for all) or over the whole width.
void fold_head_norms(const gguf::File& file, const LayerTensors& tensors, LayerWeights& weights, bool raw) {
    const auto q = read_vector(file, tensors.weight(Role::q_norm)),
               k = read_vector(file, tensors.weight(Role::k_norm));
    if (q.empty() && k.empty()) return;
    weights.notes.push_back(
        "q and k are normalised after projection: norms of Q, K and QK are not comparable across heads");
    if (raw) return;
    scale_rows(weights.q, q);
    scale_rows(weights.k, k);
}

// Q of each head followed by its gate.
void drop_gate(LayerWeights& weights) {
    Rows q(weights.q.rows / 2, weights.q.columns);
    for (std::size_t row = 0; row < q.rows; ++row) {
        const std::size_t head = row / weights.dim_k, inside = row % weights.dim_k;
        std::copy_n(weights.q.row(head * 2 * weights.dim_k + inside), q.columns, q.row(row));
    }
    weights.q = std::move(q);
    weights.notes.push_back("attn_q holds a gate per head, which is left out");
}

void read_split(const gguf::File& file, const LayerTensors& tensors, LayerWeights& weights) {
    weights.form = "split";
    weights.q = read_all(file, tensors.weight(Role::q));
    weights.k = read_all(file, tensors.weight(Role::k));
    weights.v = read_all(file, tensors.weight(Role::v));
    weights.q_bias = read_vector(file, tensors.bias(Role::q));
    weights.k_bias = read_vector(file, tensors.bias(Role::k));
    weights.v_bias = read_vector(file, tensors.bias(Role::v));
}

void read_fused(const gguf::File& file, const LayerTensors& tensors, LayerWeights& weights) {
    weights.form = "fused";
    const gguf::TensorInfo& info = *tensors.weight(Role::qkv);
    const std::size_t q = std::size_t{weights.heads} * weights.dim_k,
                      k = std::size_t{weights.kv_heads} * weights.dim_k,
                      v = std::size_t{weights.kv_heads} * weights.dim_v;
    if (info.ne[1] != q + k + v) return;
    weights.q = read_rows(file, info, 0, q);
    weights.k = read_rows(file, info, q, k);
    weights.v = read_rows(file, info, q + k, v);
    const std::vector<float> bias = read_vector(file, tensors.bias(Role::qkv));
    if (bias.size() != q + k + v) return;
    const auto at = [&](std::size_t i) { return bias.begin() + static_cast<std::ptrdiff_t>(i); };
    weights.q_bias.assign(at(0), at(q));
    weights.k_bias.assign(at(q), at(q + k));
    weights.v_bias.assign(at(q + k), bias.end());
}

// Nothing, or why heads cannot be told apart. A missing K or V is no obstacle: what needs it is left out.
std::optional<std::string> shape_problem(LayerWeights& weights) {
    const std::size_t q = std::size_t{weights.heads} * weights.dim_k;
    if (weights.q.rows == 2 * q && q > 0) drop_gate(weights);
    if (weights.q.empty() || weights.q.rows != q)
        return fmt::format("Q has {} rows where {} heads of {} were expected", weights.q.rows, weights.heads,
                           weights.dim_k);
    if (weights.kv_heads == 0 || weights.heads % weights.kv_heads != 0)
        return fmt::format("{} heads cannot share {} KV heads", weights.heads, weights.kv_heads);
    if (!weights.k.empty() && weights.k.rows != std::size_t{weights.kv_heads} * weights.dim_k)
        return fmt::format("K has {} rows", weights.k.rows);
    if (!weights.v.empty() && weights.v.rows != std::size_t{weights.kv_heads} * weights.dim_v)
        return fmt::format("V has {} rows", weights.v.rows);
    if (!weights.o.empty() && weights.o.rows != std::size_t{weights.heads} * weights.dim_v)
        return fmt::format("O has {} columns", weights.o.rows);
    if (weights.k.empty())
        weights.notes.push_back("no K of its own (it uses another layer's): no QK circuit");
    if (weights.v.empty()) weights.notes.push_back("no V of its own: no OV circuit");
    return std::nullopt;
}

}  // namespace

void scale_columns(Rows& rows, const std::vector<float>& gain) {
    if (gain.size() != rows.columns) return;
    for (std::size_t i = 0; i < rows.rows; ++i)
        for (std::size_t j = 0; j < rows.columns; ++j) rows.row(i)[j] *= gain[j];
}

void scale_rows(Rows& rows, const std::vector<float>& gain) {
    if (gain.empty() || rows.rows % gain.size() != 0) return;
    for (std::size_t i = 0; i < rows.rows; ++i)
        for (std::size_t j = 0; j < rows.columns; ++j) rows.row(i)[j] *= gain[i % gain.size()];
}

const gguf::TensorInfo* LayerTensors::weight(Role role) const {
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [role](const Entry& e) { return e.role == role && !e.bias; });
    return found == entries.end() ? nullptr : found->info;
}

const gguf::TensorInfo* LayerTensors::bias(Role role) const {
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [role](const Entry& e) { return e.role == role && e.bias; });
    return found == entries.end() ? nullptr : found->info;
}

std::uint64_t LayerTensors::bytes() const {
    std::uint64_t sum = 0;
    for (const Entry& entry : entries) sum += entry.info->bytes;
    return sum;
}

std::vector<LayerTensors> attention_tensors(const gguf::File& file, std::uint32_t layer_count) {
    std::vector<LayerTensors> layers(layer_count);
    for (std::uint32_t i = 0; i < layer_count; ++i) layers[i].layer = i;
    for (const gguf::TensorInfo& info : file.tensors()) {
        const model::TensorRole role = model::role_of(info.name);
        if (role.stack != model::Stack::trunk || !role.layer || *role.layer >= layer_count) continue;
        if (std::find(std::begin(kWanted), std::end(kWanted), role.role) == std::end(kWanted)) continue;
        if (role.is_weight() || role.suffix == "bias")
            layers[*role.layer].entries.push_back({role.role, role.suffix == "bias", &info});
    }
    return layers;
}

Rows load_output(const gguf::File& file, const LayerTensors& tensors, bool raw) {
    const gguf::TensorInfo* info = tensors.weight(Role::o);
    if (info == nullptr) return {};
    Rows o = read_transposed(file, *info);
    if (raw) return o;
    scale_rows(o, read_vector(file, tensors.weight(Role::attention_sub_norm)));
    scale_columns(o, read_vector(file, output_norm(tensors)));
    return o;
}

std::variant<LayerWeights, std::string> load_layer(const gguf::File& file, const model::LayerSpec& spec,
                                                   const LayerTensors& tensors, bool raw) {
    LayerWeights weights;
    weights.layer = tensors.layer;
    weights.heads = spec.head_count;
    weights.kv_heads = spec.head_count_kv;
    weights.dim_k = spec.head_dim_k;
    weights.dim_v = spec.head_dim_v;
    const bool low_rank = tensors.has(Role::kv_a);
    if (low_rank) {
        if (auto problem = read_low_rank(file, tensors, raw, weights)) return *problem;
    } else if (tensors.has(Role::q)) {
        read_split(file, tensors, weights);
    } else if (tensors.has(Role::qkv)) {
        read_fused(file, tensors, weights);
    } else {
        return std::string("no Q projection");
    }
    weights.o = load_output(file, tensors, raw);
    if (auto problem = shape_problem(weights)) return *problem;
    if (!raw) fold_input(file, tensors, weights);
    if (!low_rank) fold_head_norms(file, tensors, weights, raw);
    if (output_norm(tensors) != nullptr)
        weights.notes.push_back(raw ? "attention's output is normalised again"
                                    : "the gain of the norm on attention's output is folded into O; its "
                                      "division by the root mean square is not");
    if (tensors.has(Role::gate))
        weights.notes.push_back("attention's output is gated by the text: the gate is left out");
    if (tensors.has(Role::sinks))
        weights.notes.push_back("learned sinks take part of the attention: they are left out");
    if (!weights.q_bias.empty())
        weights.notes.push_back("biases are not part of the circuits; their norms stand apart");
    return weights;
}

}  // namespace attnx::analysis
