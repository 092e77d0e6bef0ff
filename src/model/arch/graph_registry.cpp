#include <algorithm>

#include "graph_families.h"

namespace attnx::model {

std::span<const std::span<const GraphTraits>> graph_families() {
    static const std::span<const GraphTraits> kFamilies[] = {
        graph_llama(),   graph_qwen(),     graph_gemma(),   graph_phi(),     graph_gpt(),    graph_cohere(),
        graph_granite(), graph_glm(),      graph_olmo(),    graph_deepseek(), graph_experts(), graph_experts_windowed(),
        graph_diffusion(), graph_hybrid(), graph_encoder(), graph_refused(),
    };
    return kFamilies;
}

const GraphTraits* find_graph_traits(std::string_view architecture) {
    for (const auto family : graph_families()) {
        const auto row = std::find_if(family.begin(), family.end(), [architecture](const GraphTraits& r) { return r.name == architecture; });
        if (row != family.end()) return &*row;
    }
    return nullptr;
}

std::vector<std::string_view> executable_architectures() {
    std::vector<std::string_view> names;
    for (const auto family : graph_families()) {
        for (const auto& row : family) {
            if (row.refusal.empty()) names.push_back(row.name);
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace attnx::model
