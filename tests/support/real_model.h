// Real models, which the checkout does not carry: .ci/fetch-models brings them, ATTNX_REAL_MODELS names the folder.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace attnx::test {

inline constexpr char kSmolLm2[] = "SmolLM2-135M-Instruct.Q4_1.gguf";
inline constexpr char kGemma3[] = "gemma-3-270m-q4_k_m.gguf";

// Empty when the model is not here.
inline std::filesystem::path model_path(std::string_view name) {
    const char* folder = std::getenv("ATTNX_REAL_MODELS");
    if (!folder) return {};
    const std::filesystem::path path = std::filesystem::path(folder) / name;
    return std::filesystem::exists(path) ? path : std::filesystem::path();
}

}  // namespace attnx::test

#define NEEDS_MODEL(path) \
    if ((path).empty())   \
    GTEST_SKIP()          \
        << "SKIPPED: the real model is not here; .ci/fetch-models brings it, ATTNX_REAL_MODELS names the folder"
