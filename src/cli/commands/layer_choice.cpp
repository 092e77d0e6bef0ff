#include "layer_choice.h"

#include "../arguments/lists.h"
#include "attnx/base/error.h"
#include "attnx/model/visible.h"

namespace attnx::cli {

Option layer_option(std::optional<std::uint32_t>& layer) {
    return value({"--layer"}, "L", "the layer", "the last that attends",
                 [&layer](std::string_view text) { layer = static_cast<std::uint32_t>(count(text, 0, 0xFFFF)); });
}

std::uint32_t chosen_layer(const model::ModelSpec& spec, std::optional<std::uint32_t> asked, const std::string& path) {
    if (asked) return *asked;
    for (std::size_t layer = spec.layers.size(); layer-- > 0;)
        if (attends(spec.layers[layer]) && !spec.layers[layer].next_token_prediction)
            return static_cast<std::uint32_t>(layer);
    throw Error(ErrorCode::not_found, "no layer computes softmax attention", {path, std::nullopt, {}});
}

}  // namespace attnx::cli
