// A Llama of a few thousand weights, changed as a test needs.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/gguf_builder.h"

namespace attnx::test {

struct TinyModel {
    std::string architecture = "llama";
    std::uint32_t width = 16, heads = 2, kv_heads = 2, layers = 2, feed_forward = 24, vocabulary = 11, context = 64;
    bool zero_queries = false;
    std::string absent = {};  // the name of a tensor to leave out
    // What keys claim or tensors have instead of the above, when set.
    std::optional<std::uint32_t> claimed_heads = {}, claimed_kv_heads = {}, norm_width = {}, down_outputs = {};
    std::vector<std::pair<std::string, GgufValue>> extra_keys = {};  // names without the architecture
    std::vector<std::pair<std::string, GgufValue>> whole_keys = {};  // names as they are
    // Overrides one weight of one tensor, given the formula's value; index in file order.
    std::function<float(std::string_view tensor, std::uint64_t index, float value)> change = {};

    std::vector<std::byte> bytes() const;
};

}  // namespace attnx::test
