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
#include "traced.h"

namespace attnx::forward {

class Block {
public:
    // borrowed: K/V of another layer, where the plan says so.
    Block(const MixerParts& parts, const KeyValues* borrowed);

    // The residual stream before the block becomes the one after it. Under pass.weights_only it stays as it is.
    // mixer_input: what the mixer reads instead of the stream, in sequential blocks.
    void run(Traced& stream, Pass& pass, const Traced* mixer_input = nullptr);
    void reset();
    const KeyValues* key_values() const { return mixer_ ? mixer_->key_values() : nullptr; }

private:
    Traced norm(const Norm& norm, const Traced& x) const;
    Traced after(const Norm& norm, model::AfterNorm how, Traced branch) const;
    Traced mixed(const Matrix& x, Pass& pass) { return noted(pass, mixer_->run(x, pass)); }
    // As FeedForward::run.
    Traced fed_forward(const Matrix& x, const Matrix& stream, const Matrix& block_input, const Pass& pass) const;
    void sequential(Traced& x, Pass& pass, const Traced* mixer_input);
    void hyper(Traced& streams, Pass& pass);
    void banked(Traced& x, Pass& pass);
    void parallel(Traced& x, Pass& pass);
    void post_norm(Traced& x, Pass& pass);
    void single(Traced& x, Pass& pass);
    void expect_halves(const MixerParts& parts) const;
    void add_laurel(const Matrix& normed, Traced& h, const Pass& pass) const;

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
