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

std::set<std::uint32_t> layers_or_all(const model::Graph& graph, const std::set<std::uint32_t>& asked,
                                      const std::string& path) {
    std::set<std::uint32_t> layers = asked;
    const auto count = static_cast<std::uint32_t>(graph.layers.size());
    for (std::uint32_t layer = 0; asked.empty() && layer < count; ++layer) layers.insert(layer);
    if (!layers.empty() && *layers.rbegin() >= count)
        throw Error(ErrorCode::not_found, fmt::format("there are {} layers, no layer {}", count, *layers.rbegin()),
                    {path, {}, {}});
    return layers;
}

std::uint32_t expect_position(const gguf::File& file, const Prompt& prompt, std::optional<std::uint32_t> asked) {
    const std::uint32_t position = asked.value_or(static_cast<std::uint32_t>(prompt.ids.size() - 1));
    if (position < prompt.ids.size()) return position;
    throw Error(ErrorCode::not_found, fmt::format("there are {} tokens, no position {}", prompt.ids.size(), position),
                {file.path(), {}, {}});
}

void expect_output_head(const gguf::File& file, const model::Graph& graph) {
    if (graph.has_head) return;
    throw Error(ErrorCode::unsupported, "this model has no output head: nothing can be said to come next",
                {file.path(), {}, {}});
}

}  // namespace attnx::study
