#include "block.h"

#include <numbers>
#include <utility>

#include "ops/matmul.h"
#include "residual_bank.h"

namespace attnx::forward {

using model::BlockPlan;

Block::Block(const MixerParts& parts, const KeyValues* borrowed)
    : rule_(parts.norm_rule()),
      after_rule_{rule_.kind, parts.graph.after_norm_epsilon.value_or(rule_.epsilon), rule_.groups},
      plan_(parts.graph.plan),
      unweighted_norms_(parts.graph.unweighted_norms),
      how_after_mixer_(parts.graph.after_mixer),
      how_after_ffn_(parts.graph.after_ffn),
      mixer_joins_(parts.graph, parts.tensors, Residual::kMixer, 2 * parts.plan.weights_of),
      ffn_joins_(parts.graph, parts.tensors, Residual::kFeedForward, 2 * parts.plan.weights_of + 1),
      has_ffn_(parts.plan.has_ffn),
      mixer_(make_mixer(parts, borrowed)),
      ffn_(parts) {
    const Tensors& tensors = parts.tensors;
    const std::size_t width = parts.graph.width;
    const model::NormNames& names = parts.graph.names;
    const bool norms_after = plan_ == BlockPlan::post_norm;
    before_mixer_ = tensors.optional_norm(names.before_mixer, width);
    before_mixer_alone_ = tensors.optional_norm(names.before_mixer_alone, width);
    after_mixer_ =
        norms_after ? tensors.norm(names.after_mixer, width) : tensors.optional_norm(names.after_mixer, width);
    after_mixer_2_ = tensors.optional_norm(names.after_mixer_2, width);
    before_ffn_ = tensors.optional_norm(names.before_ffn, width);
    after_ffn_ = norms_after ? tensors.norm(names.after_ffn, width) : tensors.optional_norm(names.after_ffn, width);
    if (parts.graph.bank_every != 0) {
        mixer_score_ = tensors.vector(Stem::attn_res_score, width);
        ffn_score_ = tensors.vector(Stem::ffn_res_score, width);
    }
    if (parts.graph.hyper) {
        mixer_streams_ = make_stream_mixer(parts.graph, tensors, StreamPlace::mixer);
        ffn_streams_ = make_stream_mixer(parts.graph, tensors, StreamPlace::feed_forward);
    }
    if (parts.plan.ngrams) ngrams_.emplace(parts);
    laurel_l_ = tensors.optional_linear(Stem::laurel_l, width, kAny);
    if (laurel_l_) {
        laurel_r_ = tensors.linear(Stem::laurel_r, laurel_l_.weight.outputs, width);
        laurel_norm_ = tensors.norm(Stem::laurel_post_norm, width);
    }
    expect_halves(parts);
}

void Block::expect_halves(const MixerParts& parts) const {
    const bool needs_mixer = parts.graph.hyper || parts.graph.bank_every != 0 || plan_ == BlockPlan::parallel ||
                             plan_ == BlockPlan::post_norm;
    if (needs_mixer && !mixer_) parts.tensors.require(Stem::attn_q);
    const bool may_lack = !has_ffn_ || plan_ == BlockPlan::single || parts.plan.ffn.silu_for_experts;
    if (ffn_.empty() && !may_lack) parts.tensors.require(Stem::ffn_up);
    if (plan_ == BlockPlan::single && !mixer_ && ffn_.empty()) parts.tensors.require(Stem::ffn_up);
}

void Block::reset() {
    if (mixer_) mixer_->reset();
    if (ngrams_) ngrams_->reset();
}

// A norm the file does not have leaves x as it is, unless the architecture's norms never have weights.
Traced Block::norm(const Norm& norm, const Traced& x) const {
    return norm || unweighted_norms_ ? normalized(rule_, norm, x) : x;
}

// What a branch gave, as it joins the stream.
Traced Block::after(const Norm& norm, model::AfterNorm how, Traced branch) const {
    switch (how) {
        case model::AfterNorm::weighted: return norm ? normalized(after_rule_, norm, branch) : branch;
        case model::AfterNorm::unweighted: return normalized(after_rule_, {}, branch);
        case model::AfterNorm::weights_first:
            multiply_rows(branch, norm.weight);
            return normalized(after_rule_, {}, branch);
    }
    return branch;
}

Traced Block::fed_forward(const Matrix& x, const Matrix& stream, const Matrix& block_input, const Pass& pass) const {
    return written(pass.tape, {.kind = WriterKind::feed_forward, .layer = pass.layer},
                   ffn_.run(x, stream, block_input, pass.workers));
}

void Block::run(Traced& stream, Pass& pass, const Traced* mixer_input) {
    if (mixer_streams_) return hyper(stream, pass);
    if (pass.bank != nullptr) return banked(stream, pass);
    switch (plan_) {
        case BlockPlan::sequential: return sequential(stream, pass, mixer_input);
        case BlockPlan::parallel: return parallel(stream, pass);
        case BlockPlan::post_norm: return post_norm(stream, pass);
        case BlockPlan::single: return single(stream, pass);
    }
}

// Learned augmented residual (Gemma 3n): h = (h + n(r l a) + a) / sqrt 2, with a the mixer's input.
void Block::add_laurel(const Matrix& normed, Traced& h, const Pass& pass) const {
    if (!laurel_l_) return;
    Matrix side =
        normalized(rule_, laurel_norm_, applied(laurel_r_, applied(laurel_l_, normed, pass.workers), pass.workers));
    add_into(side, normed);
    add_into(h, written(pass.tape, {}, std::move(side)));
    scale_by(h, 1.0F / std::numbers::sqrt2_v<float>);
}

void Block::sequential(Traced& x, Pass& pass, const Traced* mixer_input) {
    Traced h = x;
    if (mixer_) {
        const Traced in = norm(before_mixer_, mixer_input != nullptr ? *mixer_input : x);
        Traced branch = mixed(in, pass);
        if (pass.weights_only) return;
        mixer_joins_.join(h, in, after(after_mixer_, how_after_mixer_, std::move(branch)));
        add_laurel(in, h, pass);
    }
    if (!has_ffn_) return;  // llama.cpp drops the mixer's output of such layers as well
    if (!ffn_.empty()) {
        const Traced in = norm(before_ffn_, h);
        ffn_joins_.join(h, in, after(after_ffn_, how_after_ffn_, fed_forward(in, h, x, pass)));
    }
    x = std::move(h);
}

void Block::hyper(Traced& streams, Pass& pass) {
    if (ngrams_) ngrams_->add_to(streams, pass);
    const Traced read = mixer_streams_->read(streams, *pass.handed, pass.workers);
    const Traced branch = mixed(norm(before_mixer_, read), pass);
    if (pass.weights_only) return;
    mixer_streams_->write(streams, branch);
    const Traced in = ffn_streams_->read(streams, *pass.handed, pass.workers);
    ffn_streams_->write(streams, fed_forward(norm(before_ffn_, in), in, in, pass));
}

void Block::banked(Traced& x, Pass& pass) {
    const Traced in = pass.bank->mix(x, mixer_score_, pass.workers);
    const bool begins = pass.bank->begins(pass.layer);
    if (begins) pass.bank->push(x);
    Traced branch = mixed(norm(before_mixer_, in), pass);
    if (pass.weights_only) return;
    if (begins) x = std::move(branch);
    else add_into(x, branch);
    const Traced read = pass.bank->mix(x, ffn_score_, pass.workers);
    add_into(x, fed_forward(norm(before_ffn_, read), read, x, pass));
}

void Block::parallel(Traced& x, Pass& pass) {
    const Traced in = norm(before_mixer_, x);
    Traced sum = mixed(before_mixer_alone_ ? normalized(rule_, before_mixer_alone_, x) : in, pass);
    if (pass.weights_only) return;
    add_into(sum, fed_forward(before_ffn_ ? normalized(rule_, before_ffn_, x) : in, x, x, pass));
    add_into(x, sum);
}

void Block::post_norm(Traced& x, Pass& pass) {
    Traced h = mixed(x, pass);
    if (pass.weights_only) return;
    add_into(h, x);
    h = normalized(rule_, after_mixer_, h);
    if (after_mixer_2_) {
        add_into(h, x);
        h = normalized(rule_, after_mixer_2_, h);
    }
    Traced y = fed_forward(h, h, x, pass);
    add_into(y, h);
    x = normalized(rule_, after_ffn_, y);
}

void Block::single(Traced& x, Pass& pass) {
    const Traced in = norm(before_mixer_, x);
    const Traced y = mixer_ ? mixed(in, pass) : fed_forward(in, x, x, pass);
    if (!pass.weights_only) add_into(x, y);
}

}  // namespace attnx::forward
