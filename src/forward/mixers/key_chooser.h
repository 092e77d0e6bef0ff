// What chooses, for each query, the keys that attention is left with.
#pragma once

#include <memory>

#include "../kernel.h"
#include "attnx/model/graph.h"
#include "mixer.h"

namespace attnx::forward {

class KeyChooser {
public:
    virtual ~KeyChooser() = default;
    // x: the layer's normalised input; compressed: the low-rank queries. Writes pass.handed->chosen.
    virtual void choose(const Matrix& x, const Matrix& compressed, Pass& pass) = 0;
    virtual void reset() = 0;
};

std::unique_ptr<KeyChooser> make_indexer(const MixerParts& parts, const model::IndexerPlan& plan);
std::unique_ptr<KeyChooser> make_pooled_indexer(const MixerParts& parts, const model::IndexerPlan& plan);
std::unique_ptr<KeyChooser> make_block_indexer(const MixerParts& parts, const model::IndexerPlan& plan);

inline std::unique_ptr<KeyChooser> make_key_chooser(const MixerParts& parts, const model::IndexerPlan& plan) {
    if (!plan.pool) return make_indexer(parts, plan);
    return parts.tensors.has(Stem::indexer_q_proj) ? make_block_indexer(parts, plan) : make_pooled_indexer(parts, plan);
}

}  // namespace attnx::forward
