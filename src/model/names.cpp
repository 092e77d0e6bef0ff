#include <algorithm>
#include <array>

#include "attnx/model/spec_fields.h"

namespace attnx::model {
namespace {

constexpr std::array<std::string_view, 6> names(RopeType) {
    return {"none", "norm", "neox", "mrope", "imrope", "vision"};
}

constexpr std::array<std::string_view, 4> names(WindowType) { return {"none", "standard", "chunked", "symmetric"}; }

constexpr std::array<std::string_view, 15> names(LayerKind) {
    return {"attention",
            "mla",
            "compressed",
            "mamba_1",
            "mamba_2",
            "rwkv",
            "delta",
            "kda",
            "lightning",
            "short_conv",
            "attention_and_mamba_2",
            "feed_forward",
            "convolution",
            "linear",
            "empty"};
}

constexpr std::array<std::string_view, 6> names(ProjectionShape) {
    return {"standard", "gated_query", "fused_multi_head", "square", "latent", "shared_latent"};
}

constexpr std::array<std::string_view, 5> names(CacheKind) {
    return {"full", "sliding", "recurrent", "indexer", "compressed"};
}

constexpr std::array<std::string_view, 4> names(CellRule) { return {"context", "window", "compressed", "fixed"}; }

constexpr std::array<std::string_view, 5> names(Source) {
    return {"key", "tensor", "architecture", "assumed", "derived"};
}

constexpr std::array<std::string_view, 3> names(Support) { return {"known", "unknown", "by_hand"}; }

template <class Enum>
std::string_view name(Enum value) {
    return names(value)[static_cast<std::size_t>(value)];
}

}  // namespace

std::string_view to_string(RopeType value) { return name(value); }
std::string_view to_string(WindowType value) { return name(value); }
std::string_view to_string(LayerKind value) { return name(value); }
std::string_view to_string(ProjectionShape value) { return name(value); }
std::string_view to_string(CacheKind value) { return name(value); }
std::string_view to_string(CellRule value) { return name(value); }
std::string_view to_string(Source value) { return name(value); }
std::string_view to_string(Support value) { return name(value); }

template <class Enum>
std::optional<Enum> named(std::string_view text) {
    const auto all = names(Enum());
    const auto found = std::find(all.begin(), all.end(), text);
    if (found == all.end()) return std::nullopt;
    return static_cast<Enum>(found - all.begin());
}
template std::optional<RopeType> named(std::string_view);
template std::optional<WindowType> named(std::string_view);
template std::optional<LayerKind> named(std::string_view);
template std::optional<CacheKind> named(std::string_view);
template std::optional<CellRule> named(std::string_view);

}  // namespace attnx::model
