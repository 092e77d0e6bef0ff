// What mixes tokens in a block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "../kernel.h"
#include "../ops/norm.h"
#include "../traced.h"
#include "../weights.h"
#include "attnx/model/graph.h"
#include "attnx/trace/sink.h"
#include "handed_on.h"

namespace attnx::forward {

class ResidualBank;
struct Ablation;

// One pass over some tokens through one block.
struct Pass {
    Workers& workers;
    trace::Sink& sink;
    std::uint32_t layer = 0;
    std::uint32_t first_position = 0;            // of the tokens fed
    bool weights_only = false;                   // nobody needs the block's output: stop at the attention weights
    std::span<const std::uint32_t> tokens = {};  // the ids of those fed, for what is looked up by id
    ResidualBank* bank = nullptr;                // of earlier layers' streams, where there is one
    HandedOn* handed = nullptr;                  // by the blocks before
    const Ablation* ablation = nullptr;          // of a head of this block
    Tape* tape = nullptr;                        // where what is written into the stream is noted, if anywhere
};

// Keys and values of earlier tokens, as numbers; and keys of a quantised type as they are stored, row after row.
struct KeyValues {
    Matrix keys, values;
    std::vector<std::byte> key_blocks = {};
};

// Owns its small weights and what it remembers of earlier tokens. Built once per layer.
class Mixer {
public:
    virtual ~Mixer() = default;
    // x: the (normalised) input, one row per token. Returns one row per token, of the same width; of no meaning under
    // weights_only. What has heads notes them on the pass's tape.
    virtual Traced run(const Matrix& x, Pass& pass) = 0;
    virtual void reset() {}
    // What other layers may borrow; nullptr: there is no such thing.
    virtual const KeyValues* key_values() const { return nullptr; }
};

// What a mixer gave, noted as the whole mixer's where it has no heads that were noted.
Traced noted(const Pass& pass, Traced mixed);
// What heads give W_O, side by side, noted as theirs.
Traced noted_heads(const Pass& pass, std::uint32_t heads, Matrix mixed);

// What every mixer is built from.
struct MixerParts {
    const model::Graph& graph;
    const model::LayerPlan& plan;
    const Tensors& tensors;        // of the layer
    const Tensors& first_tensors;  // of the first layer, which has what layers share
    const Tensors& model_tensors;
    std::uint32_t context = 0;                            // tokens the session may reach; 0: unknown
    const std::vector<std::uint32_t>* choices = nullptr;  // which adapter each token fed uses, where there are any

    NormRule norm_rule() const { return {graph.norm, graph.norm_epsilon, graph.norm_groups}; }
};

// The mixer of one layer; `borrowed` is the K/V of the layer that plan.attention.kv_of_layer names, else nullptr.
// Throws unsupported.
std::unique_ptr<Mixer> make_mixer(const MixerParts& parts, const KeyValues* borrowed);

std::unique_ptr<Mixer> make_attention(const MixerParts& parts, const KeyValues* borrowed);
std::unique_ptr<Mixer> make_latent_attention(const MixerParts& parts, const KeyValues* borrowed);
std::unique_ptr<Mixer> make_shared_latent_attention(const MixerParts& parts);
std::unique_ptr<Mixer> make_state_space(const MixerParts& parts);
std::unique_ptr<Mixer> make_delta_net(const MixerParts& parts);
std::unique_ptr<Mixer> make_kimi_delta(const MixerParts& parts);
std::unique_ptr<Mixer> make_short_conv(const MixerParts& parts);
std::unique_ptr<Mixer> make_lightning_attention(const MixerParts& parts);

}  // namespace attnx::forward
