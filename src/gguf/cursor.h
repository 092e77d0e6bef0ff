// gguf, private: a bounds-checked reader that knows what it is reading, so that a refusal can say so.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "attnx/base/error.h"
#include "attnx/gguf/value.h"
#include "load.h"

namespace attnx::gguf {

// What is being read, for messages: "key general.name", or "metadata record 3" while the name is not known yet.
struct Place {
    std::string_view kind_numbered;  // "metadata record", "tensor"
    std::string_view kind_named;     // "key", "tensor"
    std::uint64_t index = 0;
    std::string_view name;
};

// Every length is compared with the bytes left before anything is added or multiplied.
class Cursor {
public:
    Cursor(std::span<const std::byte> bytes, std::uint64_t offset, Layout layout, std::string_view path)
        : bytes_(bytes), offset_(offset), layout_(layout), path_(path) {}

    void enter(const Place& place) { place_ = place; }
    void name(std::string_view name) { place_.name = name; }

    Layout layout() const { return layout_; }
    std::uint64_t offset() const { return offset_; }
    std::uint64_t left() const { return bytes_.size() - offset_; }
    std::span<const std::byte> since(std::uint64_t begin) const {
        return bytes_.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(offset_ - begin));
    }

    template <class T>
    T read(std::string_view what) {
        if (left() < sizeof(T)) fail_truncated(what, sizeof(T));
        const T value = load<T>(bytes_.data() + offset_, layout_.order);
        offset_ += sizeof(T);
        return value;
    }

    std::uint64_t read_length(std::string_view what) {
        if (left() < layout_.length_bytes) fail_truncated(what, layout_.length_bytes);
        const std::uint64_t value = load_length(bytes_.data() + offset_, layout_);
        offset_ += layout_.length_bytes;
        return value;
    }

    // A length word and as many bytes.
    std::string_view read_string(std::string_view what) {
        const std::uint64_t length = read_length(what);
        if (length > left()) fail_too_long(what, length);
        const auto* text = reinterpret_cast<const char*>(bytes_.data() + offset_);
        offset_ += length;
        return {text, static_cast<std::size_t>(length)};
    }

    // `count` strings in a row; the loop that decides how fast a vocabulary opens.
    void skip_strings(std::uint64_t count);
    // `count` elements of `element_bytes` each, which is not 0.
    std::span<const std::byte> skip_elements(std::uint64_t count, std::uint32_t element_bytes);

    // Refuses, pointing at `offset`; the message is followed by " (key NAME)" or the like.
    [[noreturn]] void fail(ErrorCode code, std::string_view message, std::uint64_t offset) const;

private:
    [[noreturn]] void fail_truncated(std::string_view what, std::uint64_t needed) const;
    [[noreturn]] void fail_too_long(std::string_view what, std::uint64_t length) const;
    [[noreturn]] void fail_element(std::uint64_t index, std::uint64_t count) const;

    std::span<const std::byte> bytes_;
    std::uint64_t offset_;
    Layout layout_;
    std::string_view path_;
    Place place_;
};

}  // namespace attnx::gguf
