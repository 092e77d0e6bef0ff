// One block of the model: norms, token mixer, feed-forward network, residuals.
#pragma once

#include <memory>

#include "attnx/model/graph.h"
#include "ffn/feed_forward.h"
#include "kernel.h"
#include "mixers/mixer.h"

namespace attnx::forward {

class Block {
public:
    // borrowed: K/V of another layer, where the plan says so.
    Block(const MixerParts& parts, const KeyValues* borrowed);

    // The residual stream before the block becomes the one after it. Under pass.weights_only it stays as it is.
    void run(Matrix& stream, Pass& pass);
    void reset();
    const KeyValues* key_values() const { return mixer_ ? key_values_of(*mixer_) : nullptr; }

private:
    Matrix norm(const Norm& norm, const Matrix& x) const;
    void sequential(Matrix& x, Pass& pass);
    void parallel(Matrix& x, Pass& pass);
    void post_norm(Matrix& x, Pass& pass);
    void single(Matrix& x, Pass& pass);
    void expect_halves(const MixerParts& parts) const;
    void add_laurel(const Matrix& normed, Matrix& h, Workers& workers) const;

    NormRule rule_;
    model::BlockPlan plan_;
    bool unweighted_norms_;
    float residual_scale_;
    bool has_ffn_;
    Norm before_mixer_, before_mixer_alone_, after_mixer_, after_mixer_2_, before_ffn_, after_ffn_;
    Linear laurel_l_, laurel_r_;
    Norm laurel_norm_;
    std::unique_ptr<Mixer> mixer_;
    FeedForward ffn_;
};

}  // namespace attnx::forward
