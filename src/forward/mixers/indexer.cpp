// Chooses for each query the keys that attention is left with (DeepSeek-V3.2's lightning indexer). llama.cpp rotates
// queries and keys by a Hadamard matrix before it multiplies them, which changes no product.
#include <cmath>

#include "../ops/matmul.h"
#include "../ops/norm.h"
#include "../ops/rope.h"
#include "heads.h"
#include "key_chooser.h"

namespace attnx::forward {

namespace {

class Indexer : public KeyChooser {
public:
    Indexer(const MixerParts& parts, const model::IndexerPlan& plan);

    void choose(const Matrix& x, const Matrix& compressed, Pass& pass) override;
    void reset() override { keys_ = {}; }

private:
    model::IndexerPlan plan_;
    Linear q_, k_, weigh_;
    Norm q_norm_;  // of the layer's input, where queries are made of that (Mistral Large 4)
    Norm k_norm_;
    PositionScale ssmax_;
    RopeFactors factors_;
    Matrix keys_;  // of all tokens so far
};

Indexer::Indexer(const MixerParts& parts, const model::IndexerPlan& plan)
    : plan_(plan),
      q_norm_(parts.tensors.optional_norm(Stem::indexer_q_norm, parts.graph.width)),
      ssmax_(parts.tensors, Stem::indexer_ssmax, plan.heads),
      factors_(parts, plan.rope) {
    const std::size_t all = index_queries(plan, plan.chosen, "keys");
    const Tensors& tensors = parts.tensors;
    q_ = tensors.linear(Stem::indexer_attn_q_b, kAny, all);
    k_ = tensors.linear(Stem::indexer_attn_k, parts.graph.width, plan.dim);
    k_norm_ = tensors.norm(Stem::indexer_k_norm, plan.dim);
    weigh_ = tensors.linear(Stem::indexer_proj, parts.graph.width, plan.heads);
}

void Indexer::choose(const Matrix& x, const Matrix& compressed, Pass& pass) {
    const NormRule rule{model::NormKind::layer, plan_.norm_epsilon};
    Matrix q = applied(q_, q_norm_ ? normalized(rule, q_norm_, x) : compressed, pass.workers);
    ssmax_.apply(q, pass.first_position);
    Matrix k = normalized(rule, k_norm_, applied(k_, x, pass.workers));
    if (plan_.rope) {
        const RopeTable& table = factors_.table(*plan_.rope, static_cast<std::uint32_t>(x.rows), pass);
        const std::size_t first = plan_.rotates_last ? plan_.dim - plan_.rope->dimensions : 0;
        rotate_heads(table, q, plan_.heads, first);
        rotate_heads(table, k, 1, first);
    }
    append_rows(keys_, k);
    const Matrix weights = applied(weigh_, x, pass.workers);
    const float scale = 1.0F / std::sqrt(static_cast<float>(std::size_t{plan_.dim} * plan_.heads));
    pass.handed->chosen.begin(x.rows, keys_.rows);
    pass.workers.parallel(x.rows, [&](std::size_t t, unsigned) {
        const std::size_t visible = pass.first_position + t + 1;
        keep_best(index_scores(q.row(t), weights.row(t), scale, keys_, visible), plan_.chosen, 1,
                  pass.handed->chosen.of_query(t));
    });
}

}  // namespace

std::unique_ptr<KeyChooser> make_indexer(const MixerParts& parts, const model::IndexerPlan& plan) {
    return std::make_unique<Indexer>(parts, plan);
}

}  // namespace attnx::forward
