// model: the build of llama.cpp whose rules attnx follows and whose values the tests hold
// (docs/following-llama-cpp.md).
#pragma once

#include <string_view>

namespace attnx::model {

inline constexpr std::string_view kLlamaCppBuild = "b12032";

}  // namespace attnx::model
