// text: from a text to its number, for vocabularies of hundreds of thousands of texts that lie elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace attnx::text {

enum class Equal : unsigned char { keep_first, keep_last };

// Open addressing, at most half full. Views the texts, which must outlive it.
class TextIndex {
public:
    TextIndex(std::size_t capacity, Equal equal);

    // At most `capacity` times.
    void insert(std::string_view text, std::uint32_t number);
    std::optional<std::uint32_t> find(std::string_view text) const;

private:
    struct Slot {
        const char* text = nullptr;  // nullptr: free
        std::uint32_t size = 0;
        std::uint32_t number = 0;
    };
    std::size_t slot_of(std::string_view text) const;

    std::vector<Slot> slots_;
    Equal equal_;
};

}  // namespace attnx::text
