#include "layers.h"

#include <fmt/format.h>

#include <vector>

#include "attnx/base/text.h"
#include "attnx/model/visible.h"
#include "fields.h"
#include "geometry.h"

namespace attnx::report {

using model::LayerKind;
using model::LayerSpec;
using model::ModelSpec;
using view::Cell;
using view::Show;
using view::Unit;

std::string layer_group(const LayerSpec& layer) {
    switch (layer.kind) {
        case LayerKind::attention:
        case LayerKind::mla: break;
        case LayerKind::ssm: return "state-space (Mamba)";
        case LayerKind::rwkv: return "RWKV";
        case LayerKind::delta: return "gated delta net";
        case LayerKind::kda: return "Kimi delta attention";
        case LayerKind::short_conv: return "short convolution";
        case LayerKind::attention_and_ssm: return "attention and state-space";
        case LayerKind::feed_forward: return "feed-forward only";
        case LayerKind::convolution: return "convolution";
        case LayerKind::linear: return "one matrix";
    }
    std::string name = layer.sliding ? "sliding" : layer.kind == LayerKind::mla ? "latent attention" : "full";
    if (layer.next_token_prediction) name += " (next-token prediction)";
    return name;
}

Cell ratio_cell(const LayerSpec& layer) {
    if (layer.head_count_kv == 0) return {};
    if (layer.head_count % layer.head_count_kv == 0) return layer.head_count / layer.head_count_kv;
    return *gqa_ratio(layer);
}

namespace {

// The fields of a layer, and after some of them what follows from them.
template <class Add>
void visit_columns(const LayerSpec& layer, Add&& add) {
    visit_fields(layer, [&](std::string_view name, const auto& field) {
        add(name, field_cell(field));
        if (name == "head_count_kv") add("gqa_ratio", ratio_cell(layer));
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
    visit_columns(LayerSpec(), [&](std::string_view name, const Cell&) {
        table.columns.push_back({std::string(name), std::string(name)});
    });
    for (const LayerSpec& layer : spec.layers) {
        std::vector<Cell> row;
        visit_columns(layer, [&](std::string_view, Cell cell) { row.push_back(std::move(cell)); });
        table.rows.push_back(std::move(row));
    }
    return table;
}

namespace {

bool same_shape(const LayerSpec& a, const LayerSpec& b) {
    return layer_group(a) == layer_group(b) && a.head_count == b.head_count && a.head_count_kv == b.head_count_kv &&
           a.head_dim_k == b.head_dim_k && a.head_dim_v == b.head_dim_v && a.rotation == b.rotation &&
           a.has_kv == b.has_kv && a.kv_shared_with == b.kv_shared_with &&
           a.feed_forward_length == b.feed_forward_length && a.expert_count == b.expert_count;
}

std::string kv_text(const LayerSpec& layer) {
    if (layer.kv_shared_with) return fmt::format("of layer {}", *layer.kv_shared_with);
    if (layer.recurrent && layer.kind != LayerKind::attention_and_ssm) return "state";
    return layer.has_kv ? "own" : "none";
}

std::string feed_forward_text(const LayerSpec& layer) {
    if (layer.expert_count == 0)
        return layer.feed_forward_length == 0 ? "–" : fmt::format("{}", layer.feed_forward_length);
    return fmt::format("{} of {} experts × {}", layer.expert_used_count, layer.expert_count,
                       layer.expert_feed_forward_length);
}

}  // namespace

view::Table folded_layers(const ModelSpec& spec) {
    view::Table table;
    table.title = "Layers";
    table.show = Show::people;
    table.columns = {{"layers", "layers"},
                     {"kind", "kind"},
                     {"head_count", "heads"},
                     {"head_count_kv", "KV heads"},
                     {"gqa_ratio", "ratio"},
                     {"head_dim_k", "dim K"},
                     {"head_dim_v", "dim V"},
                     {"rope_dimensions", "rope dims"},
                     {"kv", "KV"},
                     {"feed_forward", "feed-forward"}};
    table.columns[0].align = view::Align::left;
    table.columns[9].align = view::Align::right;
    // Equal layers share a row even when others stand between them; rows keep the order of first appearance.
    std::vector<std::pair<const LayerSpec*, std::vector<std::uint32_t>>> groups;
    for (const LayerSpec& layer : spec.layers) {
        auto group = groups.begin();
        while (group != groups.end() && !same_shape(*group->first, layer)) ++group;
        if (group == groups.end()) group = groups.insert(groups.end(), {&layer, {}});
        group->second.push_back(layer.index);
    }
    for (const auto& [layer, indices] : groups) {
        const bool heads = attends(*layer);
        const auto when = [&](std::uint32_t value) { return heads ? Cell(value) : Cell(); };
        table.rows.push_back({fold_numbers(indices), layer_group(*layer), when(layer->head_count),
                              when(layer->head_count_kv), heads ? ratio_cell(*layer) : Cell(), when(layer->head_dim_k),
                              when(layer->head_dim_v), layer->rotation ? Cell(layer->rotation->dimensions) : Cell(),
                              kv_text(*layer), feed_forward_text(*layer)});
    }
    return table;
}

}  // namespace attnx::report
