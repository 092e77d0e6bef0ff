#include "layer_choice.h"

#include <fmt/format.h>

#include "../arguments/option_rows.h"
#include "attnx/base/error.h"
#include "attnx/model/visible.h"

namespace attnx::cli {

Option layer_option(std::optional<std::uint32_t>& layer) {
    return value({"--layer"}, "L", "the layer", "the last that attends",
                 [&layer](std::string_view text) { layer = static_cast<std::uint32_t>(count(text, 0, 0xFFFF)); });
}

Option layers_option(IndexSelection& layers, std::string_view what) {
    return value({"--layers"}, "SEL", fmt::format("{}: 0-3,7, all, last", what), "all",
                 [&layers](std::string_view text) { layers = IndexSelection::parse(text, "layer"); });
}

Option heads_option(HeadSelection& heads, std::string_view what) {
    return value({"--heads"}, "SEL", fmt::format("{}: 0-3, or one of a layer as 5.3 or L5H3", what), "all",
                 [&heads](std::string_view text) { heads = HeadSelection::parse(text); });
}

std::uint32_t chosen_layer(const model::ModelSpec& spec, std::optional<std::uint32_t> asked, const std::string& path) {
    if (asked) return *asked;
    for (std::size_t layer = spec.layers.size(); layer-- > 0;)
        if (attends(spec.layers[layer]) && !spec.layers[layer].next_token_prediction)
            return static_cast<std::uint32_t>(layer);
    throw Error(ErrorCode::not_found, "no layer computes softmax attention", {path, std::nullopt, {}});
}

std::set<std::uint32_t> layers_or_all(const IndexSelection& layers, const model::ModelSpec& spec) {
    if (layers.all()) return {};
    const std::vector<std::uint32_t> some = layers.resolve(spec.layer_count);
    return {some.begin(), some.end()};
}

study::Heads chosen_heads(const IndexSelection& layers, const HeadSelection& heads, const model::ModelSpec& spec,
                          const std::string& path) {
    study::Heads chosen;
    for (const std::uint32_t layer : choose_layers(layers, heads, spec)) {
        if (!attends(spec.layers[layer])) continue;
        const std::uint32_t all = spec.layers[layer].head_count;
        for (std::uint32_t head = 0; head < all; ++head)
            if (heads.contains(layer, head, all)) chosen[layer].push_back(head);
    }
    if (chosen.empty())
        throw Error(ErrorCode::not_found, "none of the layers chosen computes softmax attention",
                    {path, std::nullopt, {}});
    return chosen;
}

}  // namespace attnx::cli
