#include "head_map.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace attnx::report {

view::Matrix head_map(const std::vector<HeadNumber>& heads) {
    view::Matrix map{.rows = {.id = "layer", .name = "layers"},
                     .columns = {.id = "head", .name = "heads"},
                     .shading = {.blank = "nothing to show"}};
    std::map<std::uint32_t, std::size_t> rows;
    for (const HeadNumber& head : heads) {
        rows.emplace(head.layer, 0);
        map.columns.size = std::max<std::uint64_t>(map.columns.size, head.head + 1);
    }
    for (auto& [layer, row] : rows) {
        row = map.rows.labels.size();
        map.rows.labels.emplace_back(layer);
    }
    map.rows.size = rows.size();
    std::vector<float> values(map.rows.size * map.columns.size, std::numeric_limits<float>::quiet_NaN());
    for (const HeadNumber& head : heads)
        if (head.number) values[rows.at(head.layer) * map.columns.size + head.head] = static_cast<float>(*head.number);
    map.values = view::rows_of(std::move(values), map.columns.size);
    return map;
}

}  // namespace attnx::report
