// The registry: one line per family. Explicit, because a static library's linker drops objects that register
// themselves.
#include <algorithm>
#include <vector>

#include "attnx/model/arch.h"
#include "families.h"

namespace attnx::model {

std::span<const std::span<const ArchTraits>> all_families() {
    static const std::vector<std::span<const ArchTraits>> kFamilies = {
        llama_family(),         llama_kin_family(), gpt_classic_family(),     phi_family(),      qwen_family(),
        qwen_streams_family(),  gemma_family(),     cohere_family(),          deepseek_family(), kimi_delta_family(),
        sparse_latent_family(), glm_family(),       granite_family(),         olmo_family(),     exaone_family(),
        moe_others_family(),    windowed_family(),  vision_adjacent_family(), hybrid_family(),   recurrent_family(),
        encoder_family(),       diffusion_family(), drafter_family(),
    };
    return kFamilies;
}

const ArchTraits* find_arch(std::string_view name) {
    for (const auto family : all_families())
        for (const ArchTraits& row : family)
            if (row.name == name || (!name.empty() && row.fork_name == name)) return &row;
    return nullptr;
}

bool has_a_row(std::string_view name) { return find_arch(name) != nullptr; }

std::vector<KnownArchitecture> known_architectures() {
    std::vector<KnownArchitecture> all;
    for (const auto family : all_families())
        for (const ArchTraits& row : family) all.push_back({row.name, row.title, row.rope, row.unsupported});
    return all;
}

std::vector<std::string_view> executable_architectures() {
    std::vector<std::string_view> names;
    for (const auto family : all_families())
        for (const ArchTraits& row : family)
            if (row.compute.refusal.empty()) names.push_back(row.name);
    std::ranges::sort(names);
    return names;
}

}  // namespace attnx::model
