#include "charsmap.h"

#include <fmt/format.h>

#include "attnx/base/error.h"

namespace attnx::text {
namespace {

std::uint32_t read_u32(std::string_view bytes, std::size_t offset) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[offset + i]);
    return value;
}

[[noreturn]] void broken(std::string_view what) {
    throw Error(ErrorCode::bad_value, fmt::format("tokenizer.ggml.precompiled_charsmap is broken: {}", what),
                Where{{}, {}, "tokenizer.ggml.precompiled_charsmap"});
}

std::uint32_t distance_to_children(std::uint32_t node) { return (node >> 10) << ((node & (1u << 9)) >> 6); }

}  // namespace

Charsmap::Charsmap(std::string_view bytes) {
    if (bytes.empty()) return;
    if (bytes.size() < 4) broken("it is too short to hold its length");
    const std::uint32_t length = read_u32(bytes, 0);
    if (std::uint64_t{length} + 4 >= bytes.size())
        broken(fmt::format("a trie of {} bytes does not fit into {}", length, bytes.size()));
    trie_ = bytes.substr(4, length);
    replacements_ = bytes.substr(4 + std::size_t{length});
}

std::uint32_t Charsmap::node(std::size_t index) const {
    if (index >= trie_.size() / 4) broken(fmt::format("node {} of {}", index, trie_.size() / 4));
    return read_u32(trie_, index * 4);
}

std::optional<Charsmap::Replacement> Charsmap::find(std::string_view subject) const {
    if (trie_.size() < 4) return std::nullopt;
    std::size_t consumed = 0;
    std::uint32_t value = 0;
    std::uint32_t at = distance_to_children(node(0));
    for (std::size_t i = 0; i < subject.size() && subject[i] != '\0'; ++i) {
        const auto label = static_cast<unsigned char>(subject[i]);
        at ^= label;
        const std::uint32_t here = node(at);
        if ((here & (1u << 31 | 0xFFu)) != label) break;
        at ^= distance_to_children(here);
        if (here & (1u << 8)) {
            consumed = i + 1;
            value = node(at) & ~(1u << 31);
        }
    }
    if (consumed == 0) return std::nullopt;
    if (value >= replacements_.size()) broken(fmt::format("replacement at {} of {}", value, replacements_.size()));
    const std::size_t end = replacements_.find('\0', value);
    if (end == replacements_.npos) broken("a replacement does not end");
    return Replacement{consumed, replacements_.substr(value, end - value)};
}

}  // namespace attnx::text
