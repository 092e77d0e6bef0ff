// Chooses for each query the compressed rows that it attends to, as an indexer chooses keys.
#pragma once

#include "../kernel.h"
#include "../ops/rope.h"
#include "../weights.h"
#include "attnx/model/graph.h"
#include "mixer.h"

namespace attnx::forward {

class RowChooser {
public:
    RowChooser(const MixerParts& parts, const model::CompressionPlan& plan);

    // x: the layer's normalised input; compressed: the low-rank queries. Writes pass.handed->chosen.
    void choose(const Matrix& x, const Matrix& compressed, const RopeTable& table, const CompressedRows& rows,
                Pass& pass) const;

private:
    void keep_blocks(std::span<const float> scores, std::span<std::uint8_t> kept) const;
    bool follows() const { return candidates_ && !candidates_->source; }

    model::IndexerPlan plan_;
    std::optional<model::CandidatePlan> candidates_;
    Linear q_, weigh_;
};

}  // namespace attnx::forward
