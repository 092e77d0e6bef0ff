// What somebody may have meant. Private to cli.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace attnx::cli {

// "; did you mean --ctx?" for the nearest of `known`, or "" when nothing is near.
std::string did_you_mean(std::string_view typed, std::span<const std::string_view> known);

}  // namespace attnx::cli
