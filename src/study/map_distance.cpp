#include "map_distance.h"

#include <algorithm>
#include <cmath>

#include "attnx/analysis/head_distances.h"

namespace attnx::study {
namespace {

std::size_t strongest(std::span<const float> row) {
    return static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
}

}  // namespace

void HeadDistances::expect(std::uint32_t layer, std::uint32_t heads) {
    for (std::uint32_t head = 0; head < heads; ++head) sums_[layer].push_back({layer, head});
}

void HeadDistances::add(const trace::AttentionRows& rows, const trace::AttentionMap& other_map) {
    HeadDistance& sum = sums_.at(rows.layer).at(rows.head);  // of this head nobody else is told meanwhile
    for (std::uint32_t query = rows.first_query; query < rows.first_query + rows.query_count; ++query) {
        const std::span<const float> row = rows.row(query);
        const std::span<const float> other = other_map.row(rows.head, query).first(row.size());
        sum.js += analysis::jensen_shannon(other, row);
        sum.same_strongest += strongest(other) == strongest(row);
        for (std::size_t key = 0; key < row.size(); ++key)
            sum.max_abs = std::max(sum.max_abs, std::abs(static_cast<double>(row[key]) - other[key]));
    }
}

std::vector<HeadDistance> HeadDistances::means(std::size_t tokens) const {
    std::vector<HeadDistance> all;
    for (const auto& [layer, heads] : sums_)
        for (HeadDistance head : heads) {
            head.js /= static_cast<double>(tokens);
            head.same_strongest /= static_cast<double>(tokens);
            all.push_back(head);
        }
    return all;
}

MapDistance::MapDistance(const std::map<std::uint32_t, trace::AttentionMap>& maps) : maps_(maps) {
    for (const auto& [layer, map] : maps_) distances_.expect(layer, map.heads());
}

}  // namespace attnx::study
