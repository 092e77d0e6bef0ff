#include "attnx/analysis/stream_norms.h"

#include <cmath>

namespace attnx::analysis {

void NormSink::block_output(std::uint32_t layer, std::span<const float> values, std::uint32_t width) {
    for (std::size_t at = 0; at + width <= values.size(); at += width) {
        double squares = 0;
        for (const float value : values.subspan(at, width)) squares += double{value} * value;
        norms_[layer].push_back(std::sqrt(squares));
    }
}

}  // namespace attnx::analysis
