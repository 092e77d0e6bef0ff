#include "suggest.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace attnx::cli {
namespace {

// Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours cost one each.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
    std::iota(cost[0].begin(), cost[0].end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u);
            cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    }
    return cost[a.size()][b.size()];
}

std::string_view without_dashes(std::string_view text) {
    return text.substr(std::min(text.find_first_not_of('-'), text.size()));
}

}  // namespace

std::string did_you_mean(std::string_view typed, std::span<const std::string_view> known) {
    const std::string_view wanted = without_dashes(typed).substr(0, 64);
    std::string_view nearest;
    std::size_t best = std::max<std::size_t>(1, wanted.size() / 3) + 1;
    for (const std::string_view candidate : known) {
        const std::string_view word = without_dashes(candidate);
        const bool begun = wanted.size() >= 2 && word.starts_with(wanted);
        const std::size_t away = word == wanted ? 0 : begun ? 1 : distance(wanted, word);
        if (away >= best || away >= wanted.size()) continue;
        best = away;
        nearest = candidate;
    }
    return nearest.empty() ? std::string() : "; did you mean " + std::string(nearest) + "?";
}

}  // namespace attnx::cli
