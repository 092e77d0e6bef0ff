#include <fmt/format.h>

#include "attnx/base/error.h"
#include "mixer.h"

namespace attnx::forward {

using model::LayerKind;

namespace {

// Attention and a state-space mixer on the same input, added (Falcon-H1).
class Both : public Mixer {
public:
    Both(std::unique_ptr<Mixer> attention, std::unique_ptr<Mixer> state)
        : attention_(std::move(attention)), state_(std::move(state)) {}

    Traced run(const Matrix& x, Pass& pass) override {
        Traced y = attention_->run(x, pass);
        if (!pass.weights_only) add_into(y, noted(pass, state_->run(x, pass)));
        return y;
    }
    void reset() override {
        attention_->reset();
        state_->reset();
    }

private:
    std::unique_ptr<Mixer> attention_, state_;
};

}  // namespace

Traced noted(const Pass& pass, Traced mixed) {
    if (pass.tape == nullptr || mixed.tape != nullptr || pass.weights_only) return mixed;
    return written(pass.tape, {.kind = WriterKind::mixer, .layer = pass.layer}, std::move(mixed));
}

Traced noted_heads(const Pass& pass, std::uint32_t heads, Matrix mixed) {
    return written(pass.tape, {.kind = WriterKind::heads, .layer = pass.layer, .heads = heads}, std::move(mixed));
}

std::unique_ptr<Mixer> make_mixer(const MixerParts& parts, const KeyValues* borrowed) {
    if (parts.plan.shared) return make_shared_latent_attention(parts);
    switch (parts.plan.kind) {
        case LayerKind::attention:
        case LayerKind::linear: return make_attention(parts, borrowed);
        case LayerKind::mla: return make_latent_attention(parts, borrowed);
        case LayerKind::mamba:
        case LayerKind::mamba2: return make_state_space(parts);
        case LayerKind::attention_and_mamba2:
            return std::make_unique<Both>(make_attention(parts, borrowed), make_state_space(parts));
        case LayerKind::delta: return make_delta_net(parts);
        case LayerKind::kda: return make_kimi_delta(parts);
        case LayerKind::short_conv: return make_short_conv(parts);
        case LayerKind::feed_forward:
        case LayerKind::empty: return nullptr;
        case LayerKind::lightning: return make_lightning_attention(parts);
        case LayerKind::compressed:
        case LayerKind::rwkv:
        case LayerKind::convolution: break;
    }
    throw Error(ErrorCode::unsupported, fmt::format("{} layers are not executed", model::to_string(parts.plan.kind)));
}

}  // namespace attnx::forward
