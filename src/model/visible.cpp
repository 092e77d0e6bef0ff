#include "attnx/model/visible.h"

#include <algorithm>

namespace attnx::model {
namespace {

// A window of no size is none.
WindowType type_of(const WindowSpec& window) { return window.size == 0 ? WindowType::none : window.type; }

// Of the query itself and the keys before it.
double pairs_up_to_the_diagonal(const WindowSpec& window, std::uint64_t tokens) {
    const auto triangle = [](double n) { return n * (n + 1) / 2; };
    const double n = static_cast<double>(tokens), size = static_cast<double>(window.size);
    switch (type_of(window)) {
        case WindowType::none: break;
        case WindowType::standard:  // the first rows are a triangle
            return tokens <= window.size ? triangle(n) : triangle(size) + (n - size) * size;
        case WindowType::chunked: {
            const std::uint64_t chunks = tokens / window.size;
            return static_cast<double>(chunks) * triangle(size) + triangle(static_cast<double>(tokens % window.size));
        }
        case WindowType::symmetric: {  // a band one wider than its half, the corner cut off
            const std::uint32_t whole = window.size / 2;
            const double half = static_cast<double>(whole);
            return n <= half ? triangle(n) : triangle(half) + (n - half) * (half + 1);
        }
    }
    return triangle(n);
}

}  // namespace

bool attends(const LayerSpec& layer) {
    using enum LayerKind;
    const bool softmax =
        layer.kind == attention || layer.kind == mla || layer.kind == compressed || layer.kind == attention_and_mamba2;
    return softmax && layer.head_count > 0 && layer.head_count_kv > 0;
}

std::size_t rotated_layers(const ModelSpec& spec) {
    return static_cast<std::size_t>(
        std::ranges::count_if(spec.layers, [](const LayerSpec& layer) { return layer.rotation.has_value(); }));
}

Mask mask_of(const ModelSpec& spec, const LayerSpec& layer) {
    return {spec.causal || (layer.sliding && spec.window_looks_back), layer.sliding ? spec.window : WindowSpec{}};
}

KeyRange visible_keys(const Mask& mask, std::uint64_t query, std::uint64_t tokens) {
    KeyRange keys{0, mask.causal ? std::min(tokens, query + 1) : tokens};
    const std::uint64_t size = mask.window.size;
    switch (type_of(mask.window)) {
        case WindowType::none: break;
        case WindowType::standard: keys.first = query + 1 > size ? query + 1 - size : 0; break;
        case WindowType::chunked: keys.first = query / size * size; break;
        case WindowType::symmetric:
            keys.first = query > size / 2 ? query - size / 2 : 0;
            keys.end = std::min(keys.end, query + size / 2 + 1);
            break;
    }
    return keys;
}

double visible_pairs(const Mask& mask, std::uint64_t tokens) {
    const double n = static_cast<double>(tokens);
    const double behind = pairs_up_to_the_diagonal(mask.window, tokens);
    if (mask.causal) return behind;
    if (type_of(mask.window) == WindowType::symmetric) return 2 * behind - n;
    return behind + n * (n - 1) / 2;  // windows reach back only
}

}  // namespace attnx::model
