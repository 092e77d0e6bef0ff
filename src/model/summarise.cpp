#include <fmt/format.h>

#include "read.h"

namespace attnx::model {
namespace {

std::string range(std::size_t first, std::size_t last) {
    return first == last ? std::to_string(first) : fmt::format("{}-{}", first, last);
}

}  // namespace

std::string summarise(const std::vector<std::uint32_t>& per_layer) {
    std::string text;
    std::size_t first = 0;
    for (std::size_t i = 1; i <= per_layer.size(); ++i) {
        if (i < per_layer.size() && per_layer[i] == per_layer[first]) continue;
        if (first == 0 && i == per_layer.size()) return std::to_string(per_layer[0]);
        text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", range(first, i - 1), per_layer[first]);
        first = i;
    }
    return text;
}

std::string list_layers(const std::vector<bool>& flags) {
    std::string text;
    std::size_t count = 0;
    for (std::size_t i = 0; i < flags.size(); ++i) {
        if (!flags[i]) continue;
        const std::size_t first = i;
        while (i + 1 < flags.size() && flags[i + 1]) ++i;
        count += i + 1 - first;
        text += fmt::format("{}{}", text.empty() ? "" : ", ", range(first, i));
    }
    if (count == 0) return "none";
    return count == flags.size() ? "all" : text;
}

}  // namespace attnx::model
