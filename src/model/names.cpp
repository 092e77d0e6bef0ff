#include <array>

#include "attnx/model/spec.h"

namespace attnx::model {
namespace {

template <std::size_t N, class E>
std::string_view name(const std::array<std::string_view, N>& names, E value) {
    return names[static_cast<std::size_t>(value)];
}

}  // namespace

std::string_view to_string(RopeType type) {
    constexpr std::array<std::string_view, 6> kNames = {"none", "norm", "neox", "mrope", "imrope", "vision"};
    return name(kNames, type);
}

std::string_view to_string(WindowType type) {
    constexpr std::array<std::string_view, 4> kNames = {"none", "standard", "chunked", "symmetric"};
    return name(kNames, type);
}

std::string_view to_string(LayerKind kind) {
    constexpr std::array<std::string_view, 11> kNames = {
        "attention",         "mla",          "ssm",         "rwkv",  "delta", "kda", "short_conv",
        "attention_and_ssm", "feed_forward", "convolution", "linear"};
    return name(kNames, kind);
}

std::string_view to_string(ProjectionShape shape) {
    constexpr std::array<std::string_view, 6> kNames = {"standard", "gated_query", "fused_multi_head",
                                                        "square",   "latent",      "shared_latent"};
    return name(kNames, shape);
}

std::string_view to_string(CacheKind kind) {
    constexpr std::array<std::string_view, 5> kNames = {"full", "sliding", "recurrent", "indexer", "compressed"};
    return name(kNames, kind);
}

std::string_view to_string(CellRule rule) {
    constexpr std::array<std::string_view, 4> kNames = {"context", "window", "compressed", "fixed"};
    return name(kNames, rule);
}

std::string_view to_string(Source source) {
    constexpr std::array<std::string_view, 5> kNames = {"key", "tensor", "architecture", "assumed", "derived"};
    return name(kNames, source);
}

std::string_view to_string(Support support) {
    constexpr std::array<std::string_view, 3> kNames = {"known", "unknown", "by_hand"};
    return name(kNames, support);
}

}  // namespace attnx::model
