// Where Q, K, V and O are: apart (attn_q …), one below the other (attn_qkv), as products of thin matrices
// (low_rank.cpp), Q with a gate between its heads (Qwen3-Next); and which gains belong to them.
#include "layer_weights.h"

#include <fmt/format.h>

#include <algorithm>

#include "attnx/base/checked.h"
#include "attnx/base/text.h"
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
    const std::vector<float> gain = read_vector(file, info, weights.q.columns);
    for (Rows* rows : {&weights.q, &weights.k, &weights.v}) scale_columns(*rows, gain);
    if (tensors.bias(Role::attention_norm) != nullptr)
        weights.notes.push_back("layer norm: its gain is folded in, its bias and the subtraction of the mean are not");
}

// One gain for each row: a norm has one for each of a head's dimensions, for each of all heads', or for each head.
void fold_head_norm(const gguf::File& file, const gguf::TensorInfo* info, std::size_t heads, std::size_t dim,
                    Rows& rows, std::vector<std::string>& notes) {
    if (info == nullptr || rows.empty()) return;
    const bool per_head = info->ne[0] == 1 && info->elements == heads;
    if (!per_head && info->elements != dim && info->elements != heads * dim) {
        notes.push_back(fmt::format("{} has {} gains, which fit no head of {} heads of {}: they are left out",
                                    printable(info->name), info->elements, heads, dim));
        return;
    }
    const std::vector<float> gain = read_vector(file, info, info->elements);
    for (std::size_t i = 0; i < rows.rows; ++i) {
        const float factor = gain.at(per_head ? i / dim : i % gain.size());
        for (float& value : rows.row(i)) value *= factor;
    }
}

void fold_head_norms(const gguf::File& file, const LayerTensors& tensors, LayerWeights& weights, bool raw) {
    const gguf::TensorInfo *q = tensors.weight(Role::q_norm), *k = tensors.weight(Role::k_norm);
    if (q == nullptr && k == nullptr) return;
    weights.notes.push_back(
        "q and k are normalised after projection: norms of Q, K and QK are not comparable across heads");
    if (raw) return;
    fold_head_norm(file, q, weights.heads, weights.dim_k, weights.q, weights.notes);
    fold_head_norm(file, k, weights.kv_heads, weights.dim_k, weights.k, weights.notes);
}

// Q of each head followed by its gate.
void drop_gate(LayerWeights& weights) {
    const std::size_t dim = weights.dim_k;
    Rows q(weights.q.rows / 2, weights.q.columns);
    std::vector<float> bias;
    for (std::size_t i = 0; i < q.rows; ++i) {
        const std::size_t from = i / dim * 2 * dim + i % dim;
        std::ranges::copy(weights.q.row(from), q.row(i).begin());
        if (!weights.q_bias.empty()) bias.push_back(weights.q_bias.at(from));
    }
    weights.q = std::move(q);
    weights.q_bias = std::move(bias);
    weights.notes.push_back("attn_q holds a gate per head, which is left out");
}

std::size_t q_rows(const LayerWeights& w) { return std::size_t{w.heads} * w.dim_k; }
std::size_t k_rows(const LayerWeights& w) { return std::size_t{w.kv_heads} * w.dim_k; }
std::size_t v_rows(const LayerWeights& w) { return std::size_t{w.kv_heads} * w.dim_v; }

void read_split(const gguf::File& file, const LayerTensors& tensors, LayerWeights& weights) {
    weights.form = "split";
    const gguf::TensorInfo &q = *tensors.weight(Role::q), *k = tensors.weight(Role::k), *v = tensors.weight(Role::v);
    const bool gated = q.ne[1] == 2 * q_rows(weights);
    expect_shape(q, kAny, gated ? 2 * q_rows(weights) : q_rows(weights));
    if (k != nullptr) expect_shape(*k, q.ne[0], k_rows(weights));
    if (v != nullptr) expect_shape(*v, q.ne[0], v_rows(weights));
    weights.q = read_matrix(file, q);
    weights.q_bias = read_vector(file, tensors.bias(Role::q), q.ne[1]);
    if (k != nullptr) weights.k = read_matrix(file, *k);
    if (v != nullptr) weights.v = read_matrix(file, *v);
    if (k != nullptr) weights.k_bias = read_vector(file, tensors.bias(Role::k), k_rows(weights));
    if (v != nullptr) weights.v_bias = read_vector(file, tensors.bias(Role::v), v_rows(weights));
    if (gated) drop_gate(weights);
}

void read_fused(const gguf::File& file, const LayerTensors& tensors, LayerWeights& weights) {
    weights.form = "fused";
    const gguf::TensorInfo& info = *tensors.weight(Role::qkv);
    const std::size_t q = q_rows(weights), k = k_rows(weights), v = v_rows(weights);
    expect_shape(info, kAny, q + k + v);
    const tensor::TensorView view(file, info);
    const auto rows = [&](std::size_t first, std::size_t count) {
        Rows some(count, view.columns());
        view.read_rows(0, first, some.values);
        return some;
    };
    weights.q = rows(0, q);
    weights.k = rows(q, k);
    weights.v = rows(q + k, v);
    const std::vector<float> bias = read_vector(file, tensors.bias(Role::qkv), q + k + v);
    if (bias.empty()) return;
    const auto some = [&bias](std::size_t first, std::size_t count) {
        const auto values = part(std::span(bias), first, count, "the bias of a fused projection");
        return std::vector<float>(values.begin(), values.end());
    };
    weights.q_bias = some(0, q);
    weights.k_bias = some(q, k);
    weights.v_bias = some(q + k, v);
}

void expect_heads(const LayerWeights& w) {
    if (w.heads == 0 || w.kv_heads == 0 || w.heads % w.kv_heads != 0)
        throw Misfit{fmt::format("{} heads cannot share {} KV heads", w.heads, w.kv_heads)};
    if (w.dim_k == 0 || w.dim_v == 0)
        throw Misfit{fmt::format("heads of {} dimensions, values of {}", w.dim_k, w.dim_v)};
}

LayerWeights load(const gguf::File& file, const model::LayerSpec& spec, const LayerTensors& tensors, bool raw) {
    LayerWeights weights;
    weights.layer = tensors.layer;
    weights.heads = spec.head_count;
    weights.kv_heads = spec.head_count_kv;
    weights.dim_k = spec.head_dim_k;
    weights.dim_v = spec.head_dim_v;
    const bool low_rank = tensors.has(Role::kv_a);
    if (low_rank) weights.kv_heads = weights.heads;
    expect_heads(weights);
    if (low_rank) read_low_rank(file, tensors, raw, weights);
    else if (tensors.has(Role::q)) read_split(file, tensors, weights);
    else if (tensors.has(Role::qkv)) read_fused(file, tensors, weights);
    else throw Misfit{"no Q projection"};
    if (const gguf::TensorInfo* o = tensors.weight(Role::o))
        expect_shape(*o, std::uint64_t{weights.heads} * weights.dim_v, kAny);
    weights.o = load_output(file, tensors, raw);
    if (weights.k.empty()) weights.notes.push_back("no K of its own (it uses another layer's): no QK circuit");
    if (weights.v.empty()) weights.notes.push_back("no V of its own: no OV circuit");
    weights.head_dim_k = weights.dim_k;
    weights.head_dim_v = weights.dim_v;
    if (!raw) fold_input(file, tensors, weights);
    if (!low_rank) fold_head_norms(file, tensors, weights, raw);
    return weights;
}

void note_what_is_left_out(const LayerTensors& tensors, bool raw, LayerWeights& weights) {
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
}

}  // namespace

const gguf::TensorInfo* LayerTensors::weight(Role role) const {
    const auto found =
        std::find_if(entries.begin(), entries.end(), [role](const Entry& e) { return e.role == role && !e.bias; });
    return found == entries.end() ? nullptr : found->info;
}

const gguf::TensorInfo* LayerTensors::bias(Role role) const {
    const auto found =
        std::find_if(entries.begin(), entries.end(), [role](const Entry& e) { return e.role == role && e.bias; });
    return found == entries.end() ? nullptr : found->info;
}

std::uint64_t LayerTensors::bytes() const {
    std::uint64_t sum = 0;
    for (const Entry& entry : entries) sum += entry.info->bytes.value_or(0);
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
    expect_shape(*info, kAny, kAny);
    Rows o = read_transposed(file, *info);
    if (raw) return o;
    scale_rows(o, read_vector(file, tensors.weight(Role::attention_sub_norm), o.rows));
    scale_columns(o, read_vector(file, output_norm(tensors), o.columns));
    return o;
}

std::variant<LayerWeights, std::string> load_layer(const gguf::File& file, const model::LayerSpec& spec,
                                                   const LayerTensors& tensors, bool raw) {
    try {
        LayerWeights weights = load(file, spec, tensors, raw);
        note_what_is_left_out(tensors, raw, weights);
        return weights;
    } catch (const Misfit& misfit) {
        return misfit.reason;
    }
}

}  // namespace attnx::analysis
