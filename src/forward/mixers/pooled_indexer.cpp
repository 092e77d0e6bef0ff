// An indexer that scores pools of consecutive keys (GLM 5 Next): the key of a pool is the sum of its members', each
// dimension weighted by a softmax of gates and of the place in the pool. A query attends to the members of the best
// whole pools, and to the keys after the last of them.
#include <cmath>
#include <optional>
#include <utility>

#include "../ops/matmul.h"
#include "../ops/norm.h"
#include "../ops/softmax.h"
#include "heads.h"
#include "key_chooser.h"

namespace attnx::forward {

namespace {

class PooledIndexer : public KeyChooser {
public:
    PooledIndexer(const MixerParts& parts, const model::IndexerPlan& plan);

    void choose(const Matrix& x, const Matrix& compressed, Pass& pass) override;
    void reset() override { keys_ = gates_ = pools_ = {}; }

private:
    void remember(const Matrix& x, Pass& pass);
    void pool_key(std::size_t first, std::span<float> to, Simd simd) const;

    model::IndexerPlan plan_;
    std::size_t pool_, most_pools_;
    Linear q_, k_, gate_, weigh_;
    Norm k_norm_;
    std::vector<float> places_;  // [pool, dim]
    Matrix keys_, gates_;        // of tokens that are not in a whole pool yet
    Matrix pools_;               // keys of all whole pools
};

PooledIndexer::PooledIndexer(const MixerParts& parts, const model::IndexerPlan& plan)
    : plan_(plan),
      pool_(plan.pool.value_or(0)),
      most_pools_(share(plan.chosen, pool_, "keys that an indexer chooses over its pools")) {
    const std::size_t all = index_queries(plan, most_pools_, "pools");
    const Tensors& tensors = parts.tensors;
    q_ = tensors.linear(Stem::indexer_attn_q_b, kAny, all);
    k_ = tensors.linear(Stem::indexer_attn_k, parts.graph.width, plan.dim);
    gate_ = tensors.linear(Stem::indexer_compressor_gate, parts.graph.width, plan.dim);
    k_norm_ = tensors.norm(Stem::indexer_k_norm, plan.dim);
    weigh_ = tensors.linear(Stem::indexer_proj, parts.graph.width, plan.heads);
    places_ = tensors.vector(Stem::indexer_compressor_ape, product({pool_, plan.dim}, "places in a pool"));
}

// The key of the pool whose members begin at `first`.
void PooledIndexer::pool_key(std::size_t first, std::span<float> to, Simd simd) const {
    std::vector<float> weights(pool_);
    for (std::size_t i = 0; i < to.size(); ++i) {
        for (std::size_t m = 0; m < weights.size(); ++m)
            weights[m] = gates_.row(first + m)[i] + places_[m * to.size() + i];
        softmax(weights, std::nullopt, Rest::in_turn, simd);
        for (std::size_t m = 0; m < weights.size(); ++m) to[i] += weights[m] * keys_.row(first + m)[i];
    }
}

void PooledIndexer::remember(const Matrix& x, Pass& pass) {
    append_rows(keys_, normalized({model::NormKind::layer, plan_.norm_epsilon}, k_norm_, applied(k_, x, pass.workers)));
    append_rows(gates_, applied(gate_, x, pass.workers));
    Matrix whole(keys_.rows / pool_, plan_.dim);
    pass.workers.parallel(whole.rows,
                          [&](std::size_t i, unsigned) { pool_key(i * pool_, whole.row(i), pass.workers.simd()); });
    append_rows(pools_, whole);
    keys_ = rows_after(keys_, whole.rows * pool_);
    gates_ = rows_after(gates_, whole.rows * pool_);
}

void PooledIndexer::choose(const Matrix& x, const Matrix& compressed, Pass& pass) {
    remember(x, pass);
    const Matrix q = applied(q_, compressed, pass.workers), weights = applied(weigh_, x, pass.workers);
    const float scale = 1.0F / std::sqrt(static_cast<float>(std::size_t{plan_.dim} * plan_.heads));
    pass.handed->chosen.begin(x.rows, pass.first_position + x.rows);
    pass.workers.parallel(x.rows, [&](std::size_t t, unsigned) {
        const std::size_t seen = pass.first_position + t + 1;
        const auto scores = index_scores(q.row(t), weights.row(t), scale, pools_, seen / pool_);
        keep_pools(scores, most_pools_, pool_, seen, pass.handed->chosen.of_query(t));
    });
}

}  // namespace

std::unique_ptr<KeyChooser> make_pooled_indexer(const MixerParts& parts, const model::IndexerPlan& plan) {
    return std::make_unique<PooledIndexer>(parts, plan);
}

}  // namespace attnx::forward
