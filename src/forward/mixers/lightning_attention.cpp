// Lightning attention (MiniMax-01, arXiv 2501.08313): linear attention over q, k, v = silu(W x), whose memory of keys
// and values fades by a factor that is fixed for each head and layer; the result is normalised over all heads and
// gated.
#include <cmath>

#include <fmt/format.h>

#include "../ops/activation.h"
#include "../ops/matmul.h"
#include "attnx/base/error.h"
#include "mixer.h"

namespace attnx::forward {

namespace {

class LightningAttention : public Mixer {
public:
    explicit LightningAttention(const MixerParts& parts);
    Traced run(const Matrix& x, Pass& pass) override;
    void reset() override { memory_.clear(); }

private:
    void run_head(std::size_t head, const Matrix& qkv, Matrix& out);

    NormRule rule_;
    std::size_t heads_, dim_;
    std::vector<float> fading_;  // by head: what is left of the memory after a token
    Linear qkv_, gate_, out_;
    Norm norm_;
    std::vector<float> memory_;  // [heads, dim of values, dim of keys]
};

// Slopes as ALiBi has them for a power of two of heads, the less the deeper the layer.
std::vector<float> fading_of(std::size_t heads, std::uint32_t layer, std::size_t layers) {
    const double of_layer =
        1.0 - (layers > 1 ? static_cast<double>(layer) / static_cast<double>(layers - 1) : 0.0) + 1e-5;
    std::vector<float> fading(heads);
    for (std::size_t h = 0; h < heads; ++h) {
        const double slope = std::exp2(-8.0 * static_cast<double>(h + 1) / static_cast<double>(heads));
        fading[h] = static_cast<float>(std::exp(-slope * of_layer));
    }
    return fading;
}

LightningAttention::LightningAttention(const MixerParts& parts)
    : rule_(parts.norm_rule()),
      heads_(parts.plan.attention.heads),
      dim_(parts.plan.attention.dim_k),
      fading_(fading_of(heads_, parts.plan.weights_of, parts.graph.layers.size())) {
    const std::size_t all = product({heads_, dim_}, "heads of lightning attention");
    if (all == 0) throw Error(ErrorCode::bad_value, fmt::format("lightning attention of {} heads of {}", heads_, dim_));
    const Tensors& tensors = parts.tensors;
    const std::size_t width = parts.graph.width;
    qkv_ = tensors.linear(Stem::attn_qkv, width, 3 * all);
    qkv_.bias.clear();
    gate_ = tensors.linear(Stem::attn_gate, width, all);
    out_ = tensors.linear(Stem::attn_output, all, width);
    norm_ = tensors.norm(Stem::attn_norm_2, all);
}

// qkv: [q, k, v] of each head side by side.
void LightningAttention::run_head(std::size_t head, const Matrix& qkv, Matrix& out) {
    const std::span<float> memory = std::span(memory_).subspan(head * dim_ * dim_, dim_ * dim_);
    for (std::size_t t = 0; t < qkv.rows; ++t) {
        const std::size_t first = 3 * head * dim_;
        const auto q = qkv.part(t, first, dim_), k = qkv.part(t, first + dim_, dim_),
                   v = qkv.part(t, first + 2 * dim_, dim_);
        const std::span<float> to = out.part(t, head * dim_, dim_);
        for (std::size_t j = 0; j < dim_; ++j) {
            const std::span<float> row = memory.subspan(j * dim_, dim_);
            float read = 0.0F;
            for (std::size_t i = 0; i < dim_; ++i) {
                row[i] = row[i] * fading_[head] + v[j] * k[i];
                read += row[i] * q[i];
            }
            to[j] = read;
        }
    }
}

Traced LightningAttention::run(const Matrix& x, Pass& pass) {
    if (pass.weights_only) return {};
    Matrix qkv = applied(qkv_, x, pass.workers);
    silu_all(qkv.values, pass.workers.simd());
    if (memory_.empty()) memory_.assign(product({heads_, dim_, dim_}, "the memory of lightning attention"), 0.0F);
    Matrix y(x.rows, heads_ * dim_);
    pass.workers.parallel(heads_, [&](std::size_t head, unsigned) { run_head(head, qkv, y); });
    y = normalized(rule_, norm_, y);
    Matrix gate = applied(gate_, x, pass.workers);
    for (float& v : gate.values) v = sigmoid(v);
    multiply(y.values, gate.values);
    return applied(out_, y, pass.workers);
}

}  // namespace

std::unique_ptr<Mixer> make_lightning_attention(const MixerParts& parts) {
    return std::make_unique<LightningAttention>(parts);
}

}  // namespace attnx::forward
