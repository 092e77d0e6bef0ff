// text: from a text to its number, for vocabularies of hundreds of thousands of texts that lie elsewhere.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
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
    std::size_t longest() const { return longest_; }  // text, in bytes

private:
    struct Slot {
        const char* text = nullptr;  // nullptr: free
        std::uint32_t size = 0;
        std::uint32_t number = 0;
    };
    std::size_t slot_of(std::string_view text) const;

    std::vector<Slot> slots_;
    Equal equal_;
    std::size_t longest_ = 0;
};

// Made when it is first asked for, from any thread: that takes longer than a short prompt whose tokens are given.
class LazyTextIndex {
public:
    explicit LazyTextIndex(std::function<TextIndex()> make) : make_(std::move(make)) {}

    const TextIndex& get() const {
        std::call_once(made_, [this] { index_.emplace(make_()); });
        return *index_;
    }

private:
    std::function<TextIndex()> make_;
    mutable std::once_flag made_;
    mutable std::optional<TextIndex> index_;
};

}  // namespace attnx::text
