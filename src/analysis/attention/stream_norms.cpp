#include "attnx/analysis/stream_norms.h"

#include "attnx/analysis/stream_states.h"

namespace attnx::analysis {

void NormSink::block_output(std::uint32_t layer, std::span<const float> values, std::uint32_t width) {
    for (std::size_t at = 0; at + width <= values.size(); at += width)
        norms_[layer].push_back(length_of(values.subspan(at, width)));
}

}  // namespace attnx::analysis
