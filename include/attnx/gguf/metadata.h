// gguf: the key/value section.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/gguf/value.h"

namespace attnx::gguf {

struct Entry {
    std::string_view key;  // raw bytes of the file; use printable() before showing
    Value value;
    std::uint64_t offset = 0;  // of the key's length word, absolute
    std::uint64_t bytes = 0;   // of the whole record
};

// In file order. Keys are unique (the reader refuses duplicates). Const use from several threads is safe.
class Metadata {
public:
    Metadata() = default;
    // Throws duplicate_key. `path` is for messages.
    explicit Metadata(std::vector<Entry> entries, std::string path = {});

    std::span<const Entry> entries() const { return entries_; }
    const Entry* find_entry(std::string_view key) const;
    const Value* find(std::string_view key) const;  // nullptr when absent

    // Nothing when absent; throws wrong_type (naming the key and both types) when stored as another type.
    std::optional<std::string_view> string(std::string_view key) const;
    std::optional<std::uint32_t> u32(std::string_view key) const;
    std::optional<float> f32(std::string_view key) const;
    std::optional<bool> boolean(std::string_view key) const;
    std::optional<ArrayView> array(std::string_view key) const;

private:
    template <class T>
    std::optional<T> get(std::string_view key, ValueType expected) const;

    std::vector<Entry> entries_;
    std::vector<std::uint32_t> by_key_;  // indices into entries_, sorted by key
    std::string path_;
};

}  // namespace attnx::gguf
