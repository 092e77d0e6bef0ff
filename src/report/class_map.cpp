#include "attnx/report/roles.h"

#include <algorithm>
#include <map>

#include "attend_drawing.h"
#include "attnx/analysis/head_classes.h"

namespace attnx::report {

view::ClassMap class_map(const model::ModelSpec& spec, const study::Roles& roles) {
    view::ClassMap map{.title = "What heads do",
                       .rows = {.id = "layer", .name = "layers", .size = roles.uniform.size()},
                       .columns = {.id = "head", .name = "heads"}};
    const auto classes = analysis::head_classes();
    for (const analysis::HeadClass& row : classes)
        map.classes.push_back({std::string(row.id), std::string(row.meaning)});
    for (const study::HeadRole& head : roles.heads)
        map.columns.size = std::max<std::uint64_t>(map.columns.size, head.head + 1);
    std::map<std::uint32_t, std::size_t> rows;
    for (const auto& layer : roles.uniform) {
        rows.emplace(layer.first, rows.size());
        map.rows.labels.emplace_back(layer.first);
    }
    map.cells.resize(map.rows.size * map.columns.size);
    for (const study::HeadRole& head : roles.heads) {
        auto& cell = map.cells[rows.at(head.layer) * map.columns.size + head.head].emplace();
        if (!head.classes) continue;
        for (const analysis::HeadClass* row : *head.classes)
            cell.push_back(static_cast<std::size_t>(row - classes.data()));
    }
    bracket_heads(map.columns, spec);
    return map;
}

}  // namespace attnx::report
