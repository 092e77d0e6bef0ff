// text: SentencePiece's precompiled normalisation, a map from byte sequences to replacements.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace attnx::text {

// Views its bytes, which must outlive it.
//
// The bytes are: the length of the trie in bytes (u32, little-endian), the trie, and the replacements, each
// ended by a zero byte. The trie is an XOR-compressed double array (Kanda 2018, "Space- and time-efficient
// string dictionaries"; SentencePiece normalizer.cc, from darts-clone): a node is a 32-bit word with the
// label of the edge into it in bits 0-7, "has a value" in bit 8, and the XOR distance to its children in bits
// 10-30, shifted left by 8 when bit 9 is set. A word with bit 31 is a value: the offset of a replacement.
class Charsmap {
public:
    // Empty bytes are an empty map. Throws bad_value when the lengths make no sense.
    explicit Charsmap(std::string_view bytes);

    struct Replacement {
        std::size_t consumed;
        std::string_view text;
    };
    // Of the longest sequence that `subject` begins with. Throws bad_value when the trie points outside
    // itself.
    std::optional<Replacement> find(std::string_view subject) const;

private:
    std::uint32_t node(std::size_t index) const;

    std::string_view trie_;
    std::string_view replacements_;
};

}  // namespace attnx::text
