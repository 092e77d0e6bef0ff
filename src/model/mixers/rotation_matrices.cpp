// Rows of a quantised cache are rotated by a Hadamard matrix, which evens out their elements; each layer keeps the
// matrix beside its rows (llama-kv-cache.cpp, init_rotation). Each cache decides by itself: all its layers have one
// head dimension, and that of the model's first layer is a multiple of 64. K's is the largest power of two times 64
// that divides the head dimension, V's 64. The rows of DeepSeek's indexers are rotated whatever their type.
#include <algorithm>
#include <cstdint>

#include "mixer.h"

namespace attnx::model {
namespace {

constexpr std::uint32_t kSmallest = 64;

// 0: they differ.
std::uint32_t common_size(const LayerIndices& heads) {
    const bool same = std::ranges::all_of(heads, [&](std::uint32_t head) { return head == heads.front(); });
    return same && !heads.empty() ? heads.front() : 0;
}

std::uint32_t largest_side(std::uint32_t head) {
    std::uint32_t side = kSmallest;
    while (head != 0 && head % (std::uint64_t{2} * side) == 0) side *= 2;  // 2^31 divides, too
    return side;
}

}  // namespace

void set_key_matrix(const LayerIndices& heads, std::uint32_t first, bool always, CachePlan& cache) {
    const std::uint32_t head = common_size(heads);
    cache.always_rotated = always;
    if (always || (head != 0 && first % kSmallest == 0)) cache.key_rotation = largest_side(head);
}

void set_value_matrix(const LayerIndices& heads, std::uint32_t first, CachePlan& cache) {
    if (common_size(heads) != 0 && first % kSmallest == 0) cache.value_rotation = kSmallest;
}

}  // namespace attnx::model
