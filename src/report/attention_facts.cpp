#include <fmt/format.h>

#include <algorithm>

#include "attnx/base/text.h"
#include "attnx/base/units.h"
#include "attnx/model/mechanism.h"
#include "attnx/model/visible.h"
#include "geometry.h"
#include "inspect_parts.h"
#include "layers.h"

namespace attnx::report {
namespace {

using model::LayerKind;
using model::LayerSpec;
using model::ModelSpec;
using view::Cell;
using view::Show;
using view::Unit;

std::string heads_text(const ModelSpec& spec) {
    const std::string dim_k = range_text(spec, &LayerSpec::head_dim_k);
    const std::string dim_v = range_text(spec, &LayerSpec::head_dim_v);
    return fmt::format("{} query on {} KV, of {} dims", range_text(spec, &LayerSpec::head_count),
                       range_text(spec, &LayerSpec::head_count_kv),
                       dim_k == dim_v ? dim_k : fmt::format("{} (K) and {} (V)", dim_k, dim_v));
}

std::ptrdiff_t sliding_layers(const ModelSpec& spec) {
    return std::ranges::count_if(spec.layers,
                                 [](const LayerSpec& layer) { return layer.sliding && model::attends(layer); });
}

std::string window_text(const ModelSpec& spec) {
    return fmt::format("{} tokens, {}, on {} of {} layers", format_grouped(spec.window.size),
                       to_string(spec.window.type), sliding_layers(spec), spec.layers.size());
}

std::string base_text(float base) {
    const auto whole = static_cast<std::uint64_t>(std::clamp(base, 0.0f, 1e12f));
    return static_cast<float>(whole) == base ? format_grouped(whole) : fmt::format("{:g}", base);
}

// "base 1,000,000", or which layers have which.
std::string bases_text(const ModelSpec& spec) {
    std::vector<std::pair<std::string_view, float>> bases;
    bool differ = false;
    for (const LayerSpec& layer : spec.layers) {
        if (!layer.rotation) continue;
        const std::string_view which = layer.kind == LayerKind::compressed ? "compressed"
                                       : layer.sliding                     ? "sliding"
                                                                           : "full";
        if (std::ranges::find(bases, which, [](const auto& b) { return b.first; }) != bases.end()) continue;
        bases.emplace_back(which, layer.rotation->base);
        differ |= layer.rotation->base != bases.front().second;
    }
    if (!differ) return "base " + base_text(bases.front().second);
    std::string text = "base";
    for (const auto& [which, base] : bases)
        text += fmt::format("{} {} on {}", &which == &bases.front().first ? "" : " and", base_text(base), which);
    return text + " layers";
}

std::string rope_text(const ModelSpec& spec) {
    const model::RopeSpec& rope = spec.rope;
    const std::size_t rotated = model::rotated_layers(spec);
    const auto attending = static_cast<std::size_t>(std::ranges::count_if(spec.layers, model::attends));
    std::string text = fmt::format("{}, {} dims, {}", to_string(rope.type), rope.dimension_count, bases_text(spec));
    if (!rope.scaling_type.empty() && rope.scaling_type != "none") text += ", scaling " + rope.scaling_type;
    if (rope.scaling_factor && *rope.scaling_factor != 1.0f) text += fmt::format(" ×{:g}", *rope.scaling_factor);
    if (rotated < attending) text += fmt::format(", on {} of {} attention layers", rotated, attending);
    return text;
}

// "on 15 of 35 attention layers; the others use those of layers 13-14".
std::string own_kv_text(const ModelSpec& spec) {
    std::vector<std::uint32_t> lenders;
    std::size_t borrowers = 0, attending = 0;
    for (const LayerSpec& layer : spec.layers) {
        attending += attends(layer);
        if (!attends(layer) || !layer.kv_shared_with) continue;
        ++borrowers;
        lenders.push_back(*layer.kv_shared_with);
    }
    std::ranges::sort(lenders);
    lenders.erase(std::unique(lenders.begin(), lenders.end()), lenders.end());
    if (lenders.empty()) return "";
    return fmt::format("on {} of {} attention layers; the others use those of layer{} {}", attending - borrowers,
                       attending, lenders.size() == 1 ? "" : "s", fold_alike(lenders));
}

}  // namespace

view::Facts attention_facts(const ModelSpec& spec, SpecFacts& fields) {
    view::Facts facts{"Attention", {}, Show::all};
    auto add = [&](std::string id, std::string label, Cell value, Show show = Show::all, Unit unit = Unit::none) {
        facts.facts.push_back({std::move(id), std::move(label), std::move(value), unit, show, ""});
    };
    const bool any = std::ranges::any_of(spec.layers, model::attends), slides = sliding_layers(spec) > 0;
    add("attention_kind", "kind", attention_kind(spec));
    if (any) add("", "heads", heads_text(spec), Show::people);
    add("", "layers", layers_text(spec), Show::people);
    if (const std::string text = own_kv_text(spec); !text.empty()) add("", "own K and V", text, Show::people);
    if (slides) add("", "window", window_text(spec), Show::people);
    if (any) add("", "rope", model::rotated_layers(spec) > 0 ? rope_text(spec) : "none", Show::people);
    if (any) facts.facts.push_back(fields.take("causal", "causal"));
    if (spec.mla) facts.facts.push_back(fields.take("mla", "MLA"));
    if (spec.sinks) facts.facts.push_back(fields.take("sinks", "learned sinks"));
    if (spec.attention_softcap)
        facts.facts.push_back(fields.take("attention_softcap", "attention softcap", Unit::real));
    if (spec.final_softcap) facts.facts.push_back(fields.take("final_softcap", "logit softcap", Unit::real));

    add("head_count", "", uniform(spec, &LayerSpec::head_count), Show::scripts);
    add("head_count_kv", "", uniform(spec, &LayerSpec::head_count_kv), Show::scripts);
    const bool one_shape = uniform(spec, &LayerSpec::head_count) && uniform(spec, &LayerSpec::head_count_kv);
    add("gqa_ratio", "", one_shape ? ratio_cell(spec.layers.front()) : Cell(), Show::scripts);
    add("head_dim_k", "", uniform(spec, &LayerSpec::head_dim_k), Show::scripts);
    add("head_dim_v", "", uniform(spec, &LayerSpec::head_dim_v), Show::scripts);
    return facts;
}

}  // namespace attnx::report
