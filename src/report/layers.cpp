#include "layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "attnx/base/text.h"
#include "attnx/model/mechanism.h"
#include "attnx/model/visible.h"
#include "fields.h"
#include "geometry.h"

namespace attnx::report {

using model::LayerSpec;
using model::ModelSpec;
using view::Cell;
using view::Show;
using view::Unit;

namespace {

std::string name_of(const ModelSpec& spec, const LayerSpec& layer) {
    if (layer.router) return "adapter router";
    std::string name = model::mechanism(spec, layer);
    return layer.next_token_prediction ? name + " (next-token prediction)" : name;
}

}  // namespace

std::string layers_text(const ModelSpec& spec) {
    std::vector<std::pair<std::string, std::uint64_t>> groups;
    for (const LayerSpec& layer : spec.layers) {
        const std::string name = name_of(spec, layer);
        const auto known = std::ranges::find(groups, name, [](const auto& group) { return group.first; });
        if (known == groups.end()) groups.emplace_back(name, 1);
        else ++known->second;
    }
    std::string text = fmt::format("{}", spec.layers.size());
    if (groups.size() == 1) return text + " × " + groups.front().first;
    for (std::size_t i = 0; i < groups.size(); ++i)
        text += fmt::format("{}{} {}", i == 0 ? ": " : ", ", groups[i].second, groups[i].first);
    return text;
}

Cell window_cell(const ModelSpec& spec, std::uint32_t layer) {
    return layer < spec.layers.size() && spec.layers[layer].sliding ? Cell(spec.window.size) : Cell();
}

Cell ratio_cell(const LayerSpec& layer) {
    if (layer.head_count_kv == 0) return {};
    if (layer.head_count % layer.head_count_kv == 0) return layer.head_count / layer.head_count_kv;
    return *gqa_ratio(layer);
}

namespace {

// The fields of a layer, and after some of them what follows from them.
template <class Add>
void visit_columns(const LayerSpec& layer, bool owns_kv, Add&& add) {
    visit_fields(layer, [&](std::string_view name, const auto& field) {
        add(name, field_cell(field));
        if (name == "head_count_kv") add("gqa_ratio", ratio_cell(layer));
        if (name == "has_kv") add("owns_kv", owns_kv);
        if (name != "rope_dimensions") return;
        add("rope_base", layer.rotation ? field_cell(layer.rotation->base) : Cell());
        add("score_scale", attends(layer) ? field_cell(layer.score_scale) : Cell());
    });
}

}  // namespace

view::Table layer_table(const ModelSpec& spec) {
    view::Table table;
    table.id = "layers";
    table.show = Show::scripts;
    visit_columns(LayerSpec(), false, [&](std::string_view name, const Cell&) {
        table.columns.push_back({std::string(name), std::string(name)});
    });
    const std::vector<bool> owners = model::owners_of_kv(spec);
    for (const LayerSpec& layer : spec.layers) {
        std::vector<Cell> row;
        visit_columns(layer, owners[layer.index], [&](std::string_view, Cell cell) { row.push_back(std::move(cell)); });
        table.rows.push_back(std::move(row));
    }
    return table;
}

namespace {

bool same_shape(const LayerSpec& a, const LayerSpec& b) {
    return a.head_count == b.head_count && a.head_count_kv == b.head_count_kv && a.head_dim_k == b.head_dim_k &&
           a.head_dim_v == b.head_dim_v && a.rotation == b.rotation && a.feed_forward_length == b.feed_forward_length &&
           a.expert_count == b.expert_count && a.expert_used_count == b.expert_used_count;
}

// Which layers a context allocates what for.
class Keeping {
public:
    explicit Keeping(const ModelSpec& spec) : owners_(model::owners_of_kv(spec)) {
        if (!spec.memory_mtp) return;
        for (const model::CachePlan& cache : spec.memory_mtp->caches)
            for (const model::CacheLayer& kept : cache.layers) drafts_.insert(kept.layer);
    }

    std::string text(const LayerSpec& layer) const {
        const bool owns = owners_[layer.index];
        if (attends(layer) && layer.kv_shared_with) return fmt::format("of layer {}", *layer.kv_shared_with);
        if (layer.recurrent) return owns ? "own, and state" : "state";
        if (!owns && layer.next_token_prediction && drafts_.contains(layer.index)) return "in a draft context";
        return owns ? "own" : "none";
    }

private:
    std::vector<bool> owners_;
    std::set<std::uint32_t> drafts_;
};

Cell heads_text(const LayerSpec& layer) {
    return attends(layer) ? Cell(fmt::format("{} on {}", layer.head_count, layer.head_count_kv)) : Cell();
}

Cell dims_text(const LayerSpec& layer) {
    if (!attends(layer)) return {};
    if (layer.head_dim_k == layer.head_dim_v) return fmt::format("{}", layer.head_dim_k);
    return fmt::format("{}, {}", layer.head_dim_k, layer.head_dim_v);
}

std::string feed_forward_text(const LayerSpec& layer) {
    if (layer.expert_count == 0)
        return layer.feed_forward_length == 0 ? "–" : fmt::format("{}", layer.feed_forward_length);
    return fmt::format("{} of {} × {}", layer.expert_used_count, layer.expert_count, layer.expert_feed_forward_length);
}

}  // namespace

view::Table folded_layers(const ModelSpec& spec) {
    view::Table table;
    table.title = "Layers";
    table.show = Show::people;
    table.columns = {{"layers", "layers"},
                     {"kind", "kind"},
                     {"heads", "heads"},
                     {"dims", "dims"},
                     {"rope_dimensions", "rope"},
                     {"kv", "KV"},
                     {"feed_forward", "feed-forward"}};
    table.columns[0].align = view::Align::left;
    for (const std::size_t right : {2U, 3U, 6U}) table.columns[right].align = view::Align::right;
    table.columns[0].shrink = table.columns[1].shrink = true;
    // Equal layers share a row even when others stand between them; rows keep the order of first appearance.
    struct Group {
        const LayerSpec* layer;
        std::string name, kept;
        std::vector<std::uint32_t> indices;
    };
    const Keeping keeping(spec);
    std::vector<Group> groups;
    for (const LayerSpec& layer : spec.layers) {
        const std::string name = name_of(spec, layer), kept = keeping.text(layer);
        const auto known = std::ranges::find_if(groups, [&](const Group& group) {
            return group.name == name && group.kept == kept && same_shape(*group.layer, layer);
        });
        if (known != groups.end()) known->indices.push_back(layer.index);
        else groups.push_back({&layer, name, kept, {layer.index}});
    }
    for (const Group& group : groups) {
        const LayerSpec* layer = group.layer;
        const std::optional<std::uint32_t> rotated =
            layer->rotation ? std::optional(layer->rotation->dimensions) : std::nullopt;
        table.rows.push_back({fold_alike(group.indices), group.name, heads_text(*layer), dims_text(*layer), rotated,
                              group.kept, feed_forward_text(*layer)});
    }
    return table;
}

}  // namespace attnx::report
