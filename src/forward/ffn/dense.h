// A feed-forward network of two or three matrices.
#pragma once

#include "../adapters.h"
#include "../kernel.h"
#include "../mixers/mixer.h"
#include "../ops/norm.h"
#include "../weights.h"
#include "attnx/model/graph.h"

namespace attnx::forward {

struct DenseStems {
    Stem gate = Stem::ffn_gate, up = Stem::ffn_up, down = Stem::ffn_down;
};
inline constexpr DenseStems kSharedExpert{Stem::ffn_gate_shexp, Stem::ffn_up_shexp, Stem::ffn_down_shexp};

// down(act(gate x) * up x), or down(act(up x)). `up` may hold gate and up stacked (its outputs are twice down's
// inputs): the first half is the gate.
class DenseFfn {
public:
    DenseFfn() = default;
    // Of the layer's stream. Without stems.up the network is empty.
    DenseFfn(const MixerParts& parts, const DenseStems& stems);

    explicit operator bool() const { return static_cast<bool>(up_); }
    Matrix run(const Matrix& x, Workers& workers) const;

private:
    Matrix activated(const Matrix& x, Workers& workers) const;

    model::FfnPlan plan_;
    NormRule rule_;
    Linear gate_, up_, down_;
    SwitchedProduct switched_gate_, switched_up_, switched_down_;
    Norm sub_norm_;
    std::vector<float> divisors_;  // of the activations (AWQ scales of MPT)
};

}  // namespace attnx::forward
