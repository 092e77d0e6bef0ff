#include "heads.h"

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "attnx/model/visible.h"

namespace attnx::study {

void expect_heads(const gguf::File& file, const model::ModelSpec& spec, const Heads& heads) {
    const Where where{file.path(), std::nullopt, {}};
    if (heads.empty()) throw Error(ErrorCode::not_found, "no layer computes softmax attention", where);
    for (const auto& [layer, chosen] : heads) {
        if (layer >= spec.layers.size() || !model::attends(spec.layers[layer]))
            throw Error(ErrorCode::not_found, fmt::format("layer {} does not compute softmax attention", layer), where);
        const std::uint32_t count = spec.layers[layer].head_count;
        if (!chosen.empty() && chosen.back() >= count)
            throw Error(ErrorCode::not_found,
                        fmt::format("layer {} has {} heads, no head {}", layer, count, chosen.back()), where);
    }
}

}  // namespace attnx::study
