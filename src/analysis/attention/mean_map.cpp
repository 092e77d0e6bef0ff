#include "attnx/analysis/mean_map.h"

#include <algorithm>
#include <utility>

#include "attnx/base/checked.h"

namespace attnx::analysis {

MeanMapSink::MeanMapSink(std::uint32_t layer, std::vector<std::uint32_t> heads, std::uint32_t tokens)
    : layer_(layer),
      heads_(std::move(heads)),
      sums_{.size = tokens, .values = std::vector<double>(product({tokens, tokens}, "a map")), .single = true} {}

void MeanMapSink::attention(const trace::AttentionRows& rows) {
    if (!std::ranges::binary_search(heads_, rows.head)) return;
    for (std::uint32_t i = 0; i < rows.query_count; ++i) {
        const std::span<const float> row = rows.row(rows.first_query + i);
        const std::span<double> sum =
            part(std::span(sums_.values), std::size_t{rows.first_query + i} * sums_.size, row.size(), "rows of a map");
        for (std::size_t key = 0; key < row.size(); ++key) sum[key] += static_cast<double>(row[key]);
    }
}

SquareMatrix MeanMapSink::mean() const {
    SquareMatrix mean = sums_;
    for (double& value : mean.values)
        value = static_cast<double>(static_cast<float>(value / static_cast<double>(heads_.size())));
    return mean;
}

}  // namespace attnx::analysis
