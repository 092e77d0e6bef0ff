// Writes GGUF files in memory, so that a test shows the whole file it is about. Shares no code with the reader:
// type ids and block sizes are spelled out again in gguf_builder.cpp, from the format's description.
//
//   const auto bytes = GgufBuilder().key("llama.block_count", 2u).tensor("blk.0.attn_q.weight", "f32", {32,
//   32}).bytes();
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace attnx::test {

// A value of any GGUF type. Conversions from C++ types pick the type of the same name.
struct GgufValue {
    std::uint32_t type = 0;
    std::variant<std::uint64_t, std::string, std::vector<GgufValue>> content;  // bits of a number, a string, an array
    std::uint32_t element_type = 0;                                            // of an array

    GgufValue(std::uint8_t v) : type(0), content(std::uint64_t{v}) {}
    GgufValue(std::int8_t v) : type(1), content(static_cast<std::uint64_t>(v)) {}
    GgufValue(std::uint16_t v) : type(2), content(std::uint64_t{v}) {}
    GgufValue(std::int16_t v) : type(3), content(static_cast<std::uint64_t>(v)) {}
    GgufValue(std::uint32_t v) : type(4), content(std::uint64_t{v}) {}
    GgufValue(std::int32_t v) : type(5), content(static_cast<std::uint64_t>(v)) {}
    GgufValue(float v);
    GgufValue(bool v) : type(7), content(std::uint64_t{v}) {}
    GgufValue(std::string v) : type(8), content(std::move(v)) {}
    GgufValue(std::string_view v) : type(8), content(std::string(v)) {}
    GgufValue(const char* v) : type(8), content(std::string(v)) {}
    GgufValue(std::uint64_t v) : type(10), content(v) {}
    GgufValue(std::int64_t v) : type(11), content(static_cast<std::uint64_t>(v)) {}
    GgufValue(double v);
    // An array of the vector's element type. An array of arrays is a vector of vectors.
    template <class T>
    GgufValue(const std::vector<T>& values);
    static GgufValue array(std::uint32_t element_type, std::vector<GgufValue> values);
};

// How many bytes a tensor of these dimensions takes; type names as llama.cpp prints them ("q4_K").
std::uint64_t tensor_bytes(std::string_view type, std::span<const std::uint64_t> dimensions);
std::uint32_t tensor_type_id(std::string_view type);

class GgufBuilder {
public:
    using Fill = std::function<void(std::span<std::byte>)>;
    // A tensor written exactly as told, however wrong.
    struct RawTensor {
        std::string name;
        std::vector<std::uint64_t> dimensions;
        std::uint32_t type = 0;
        std::optional<std::uint64_t> offset;  // otherwise the next aligned one
        std::uint64_t bytes = 0;              // of data in the file
        Fill fill = {};
        std::optional<std::uint32_t> dimension_count;  // otherwise dimensions.size()
    };

    GgufBuilder& version(std::uint32_t version);
    GgufBuilder& big_endian();
    GgufBuilder& alignment(std::uint32_t bytes);  // lays data out so, and writes general.alignment
    GgufBuilder& key(std::string name, GgufValue value);
    GgufBuilder& raw_key(std::string name, std::uint32_t type, std::vector<std::byte> encoded_value);
    // Data is zero unless filled (float32 data: see fill_f32).
    GgufBuilder& tensor(std::string name, std::string_view type, std::vector<std::uint64_t> dimensions, Fill fill = {});
    GgufBuilder& raw_tensor(RawTensor tensor);
    GgufBuilder& counts(std::uint64_t tensors, std::uint64_t keys);  // claim others than the true ones
    GgufBuilder& pad_end();                                          // pad the last tensor too, as llama.cpp does

    // Applied in order to the finished bytes.
    GgufBuilder& truncate_to(std::size_t size);
    GgufBuilder& overwrite(std::size_t offset, std::vector<std::byte> bytes);
    GgufBuilder& append(std::vector<std::byte> bytes);

    std::vector<std::byte> bytes() const;
    std::vector<std::byte> header() const;  // what stands before the data section, unedited
    void write(const std::filesystem::path& path) const;

    // Where things lie in the file before truncate_to, overwrite and append.
    std::size_t key_offset(std::string_view name) const;     // of the record, that is of the key's length word
    std::size_t value_offset(std::string_view name) const;   // after the value's type word
    std::size_t tensor_offset(std::string_view name) const;  // of the row in the tensor table
    std::size_t data_offset() const;                         // of the data section

private:
    struct Key {
        std::string name;
        std::uint32_t type;
        std::variant<GgufValue, std::vector<std::byte>> value;
    };
    struct Written;
    Written write_header() const;
    Written write_all() const;

    std::uint32_t version_ = 3;
    bool big_endian_ = false;
    bool pad_end_ = false;
    std::uint32_t alignment_ = 32;
    std::vector<Key> keys_;
    std::vector<RawTensor> tensors_;
    std::optional<std::array<std::uint64_t, 2>> counts_;
    std::vector<std::function<void(std::vector<std::byte>&)>> edits_;
};

// A tensor of so many floats at that offset of the data section.
inline GgufBuilder::RawTensor floats_at(std::string name, std::uint64_t offset, std::uint64_t floats) {
    return {.name = std::move(name),
            .dimensions = {floats},
            .type = 0,
            .offset = offset,
            .bytes = floats * 4,
            .fill = {},
            .dimension_count = {}};
}

GgufBuilder::Fill fill_f32(std::vector<float> values);
std::vector<std::byte> to_bytes(std::string_view text);
std::vector<std::byte> little_endian(std::uint64_t value, std::size_t bytes);

template <class T>
GgufValue::GgufValue(const std::vector<T>& values) : type(9) {
    std::vector<GgufValue> elements;
    elements.reserve(values.size());
    for (const auto& value : values) elements.emplace_back(static_cast<const T&>(value));
    if constexpr (std::is_default_constructible_v<T>) element_type = GgufValue(T{}).type;
    else element_type = elements.empty() ? 0 : elements.front().type;
    content = std::move(elements);
}

}  // namespace attnx::test
