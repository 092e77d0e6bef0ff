// One block of the model: norms, token mixer, feed-forward network, residuals.
#pragma once

#include <memory>
#include <optional>

#include "attnx/model/graph.h"
#include "ffn/feed_forward.h"
#include "hyper.h"
#include "kernel.h"
#include "mixers/mixer.h"
#include "ngrams.h"
#include "residual.h"

namespace attnx::forward {

class Block {
public:
    // borrowed: K/V of another layer, where the plan says so.
    Block(const MixerParts& parts, const KeyValues* borrowed);

    // The residual stream before the block becomes the one after it. Under pass.weights_only it stays as it is.
    // mixer_input: what the mixer reads instead of the stream, in sequential blocks.
    void run(Matrix& stream, Pass& pass, const Matrix* mixer_input = nullptr);
    void reset();
    const KeyValues* key_values() const { return mixer_ ? mixer_->key_values() : nullptr; }

private:
    Matrix norm(const Norm& norm, const Matrix& x) const;
    Matrix after(const Norm& norm, model::AfterNorm how, Matrix branch) const;
    void sequential(Matrix& x, Pass& pass, const Matrix* mixer_input);
    void hyper(Matrix& streams, Pass& pass);
    void banked(Matrix& x, Pass& pass);
    void parallel(Matrix& x, Pass& pass);
    void post_norm(Matrix& x, Pass& pass);
    void single(Matrix& x, Pass& pass);
    void expect_halves(const MixerParts& parts) const;
    void add_laurel(const Matrix& normed, Matrix& h, Workers& workers) const;

    NormRule rule_, after_rule_;
    model::BlockPlan plan_;
    bool unweighted_norms_;
    model::AfterNorm how_after_mixer_, how_after_ffn_;
    Residual mixer_joins_, ffn_joins_;
    std::vector<float> mixer_score_, ffn_score_;  // of banked streams; empty: none are banked
    std::unique_ptr<StreamMixer> mixer_streams_, ffn_streams_;
    std::optional<NgramMemory> ngrams_;
    bool has_ffn_;
    Norm before_mixer_, before_mixer_alone_, after_mixer_, after_mixer_2_, before_ffn_, after_ffn_;
    Linear laurel_l_, laurel_r_;
    Norm laurel_norm_;
    std::unique_ptr<Mixer> mixer_;
    FeedForward ffn_;
};

}  // namespace attnx::forward
