// An indexer that scores blocks of consecutive keys (Qwen 4): the key of a block is the mean of its members',
// normalised and rotated to where the first of them is. A query attends to the members of the best whole blocks, and to
// the keys after the last of them.
#include <cmath>

#include "../ops/matmul.h"
#include "../ops/rope.h"
#include "heads.h"
#include "key_chooser.h"

namespace attnx::forward {

namespace {

class BlockIndexer : public KeyChooser {
public:
    BlockIndexer(const MixerParts& parts, const model::IndexerPlan& plan);

    void choose(const Matrix& x, const Matrix& compressed, Pass& pass) override;
    void reset() override { keys_ = blocks_ = {}; }

private:
    void remember(const Matrix& x, Pass& pass);

    model::IndexerPlan plan_;
    NormRule rule_;
    std::size_t block_, most_blocks_;
    Linear q_, k_;
    Norm q_norm_, k_norm_;
    Matrix keys_;    // of tokens that are not in a whole block yet
    Matrix blocks_;  // keys of all whole blocks
};

BlockIndexer::BlockIndexer(const MixerParts& parts, const model::IndexerPlan& plan)
    : plan_(plan),
      rule_(parts.norm_rule()),
      block_(plan.pool.value_or(0)),
      most_blocks_(share(plan.chosen, block_, "keys that an indexer chooses over its blocks")) {
    const std::size_t all = index_queries(plan, most_blocks_, "blocks");
    const Tensors& tensors = parts.tensors;
    q_ = tensors.linear(Stem::indexer_q_proj, parts.graph.width, all);
    k_ = tensors.linear(Stem::indexer_k_proj, parts.graph.width, plan.dim);
    q_norm_ = tensors.norm(Stem::indexer_q_norm, plan.dim);
    k_norm_ = tensors.norm(Stem::indexer_k_norm, plan.dim);
}

void BlockIndexer::remember(const Matrix& x, Pass& pass) {
    append_rows(keys_, applied(k_, x, pass.workers));
    Matrix whole(keys_.rows / block_, plan_.dim);
    for (std::size_t i = 0; i < whole.rows; ++i)
        for (std::size_t m = 0; m < block_; ++m) add(whole.row(i), keys_.row(i * block_ + m));
    scale_by(whole, 1.0F / static_cast<float>(block_));
    keys_ = rows_after(keys_, whole.rows * block_);
    whole = normalized(rule_, k_norm_, whole);
    for (std::size_t i = 0; i < whole.rows && plan_.rope; ++i) {
        const std::size_t first = (blocks_.rows + i) * block_;
        RopeTable(*plan_.rope, {}, static_cast<std::uint32_t>(first), 1).rotate(0, whole.row(i));
    }
    append_rows(blocks_, whole);
}

void BlockIndexer::choose(const Matrix& x, const Matrix& /*compressed*/, Pass& pass) {
    remember(x, pass);
    Matrix q = applied(q_, x, pass.workers);
    norm_heads(rule_, q_norm_, q, plan_.heads);
    if (plan_.rope) {
        const RopeTable& table =
            pass.handed->rotations.of(*plan_.rope, {}, pass.first_position, static_cast<std::uint32_t>(x.rows));
        rotate_heads(table, q, plan_.heads, 0);
    }
    const std::vector<float> alike(plan_.heads, 1.0F);
    const float scale = 1.0F / std::sqrt(static_cast<float>(plan_.dim));
    pass.handed->chosen.begin(x.rows, pass.first_position + x.rows);
    pass.workers.parallel(x.rows, [&](std::size_t t, unsigned) {
        const std::size_t seen = pass.first_position + t + 1;
        const auto scores = index_scores(q.row(t), alike, scale, blocks_, seen / block_);
        keep_pools(scores, most_blocks_, block_, seen, pass.handed->chosen.of_query(t));
    });
}

}  // namespace

std::unique_ptr<KeyChooser> make_block_indexer(const MixerParts& parts, const model::IndexerPlan& plan) {
    return std::make_unique<BlockIndexer>(parts, plan);
}

}  // namespace attnx::forward
