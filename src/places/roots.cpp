#include "attnx/places/stores.h"
#include "from_variable.h"

namespace attnx::places {

namespace fs = std::filesystem;

fs::path from(const Variable& variable, const char* name, const char* below) {
    const char* value = variable(name);
    if (value == nullptr || *value == '\0') return {};
    return *below == '\0' ? fs::path(value) : fs::path(value) / below;
}

fs::path first_of(std::initializer_list<fs::path> paths) {
    for (const fs::path& path : paths)
        if (!path.empty()) return path;
    return {};
}

fs::path hub_home(const Variable& variable) {
    return first_of({from(variable, "HF_HOME", ""), from(variable, "XDG_CACHE_HOME", "huggingface"),
                     from(variable, "HOME", ".cache/huggingface")});
}

fs::path hub_root(const Variable& variable) {
    const fs::path home = hub_home(variable);
    return first_of({from(variable, "HF_HUB_CACHE", ""), from(variable, "HUGGINGFACE_HUB_CACHE", ""),
                     home.empty() ? home : home / "hub"});
}

fs::path ollama_root(const Variable& variable) {
    return first_of({from(variable, "OLLAMA_MODELS", ""), from(variable, "HOME", ".ollama/models")});
}

}  // namespace attnx::places
