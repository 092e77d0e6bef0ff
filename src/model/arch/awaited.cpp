// Architectures that llama.cpp loads (build b12032, src/llama-arch.cpp) and that have no row yet. Whoever adds the row
// takes the name from here.
#include <algorithm>
#include <array>

#include "attnx/model/arch.h"

namespace attnx::model {
namespace {

constexpr auto kAwaited = std::to_array<std::string_view>({
    "bailingmoe3",    "beam",        "clef",          "deepseek41",  "dots3note", "flint",        "gemma-embedding2",
    "glm5-next",      "granite_swa", "graniteswitch", "hrm_text",    "hy_v4",     "k2-horizon",   "kimi-k3",
    "kolibri1",       "lfm3",        "limite",        "maion-coder", "maple",     "minimax-01",   "mistral-large4",
    "muse-glimmer",   "muse-spark",  "pockettts",     "qwen3tts",    "qwen4exp",  "sensenova_u1", "spark2_5",
    "vllm-decision2",
});

}  // namespace

std::span<const std::string_view> awaited_architectures() { return kAwaited; }

bool awaits_a_row(std::string_view name) { return std::ranges::find(kAwaited, name) != kAwaited.end(); }

}  // namespace attnx::model
