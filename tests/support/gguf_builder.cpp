#include "support/gguf_builder.h"

#include <bit>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace attnx::test {
namespace {

// ggml.h and ggml-common.h: name, id, elements per block, bytes per block.
struct TypeFacts {
    std::string_view name;
    std::uint32_t id;
    std::uint64_t block, bytes;
};
constexpr std::array<TypeFacts, 36> kTypes = {{
    {"f32", 0, 1, 4},         {"f16", 1, 1, 2},         {"q4_0", 2, 32, 18},      {"q4_1", 3, 32, 20},
    {"q5_0", 6, 32, 22},      {"q5_1", 7, 32, 24},      {"q8_0", 8, 32, 34},      {"q8_1", 9, 32, 36},
    {"q2_K", 10, 256, 84},    {"q3_K", 11, 256, 110},   {"q4_K", 12, 256, 144},   {"q5_K", 13, 256, 176},
    {"q6_K", 14, 256, 210},   {"q8_K", 15, 256, 292},   {"iq2_xxs", 16, 256, 66}, {"iq2_xs", 17, 256, 74},
    {"iq3_xxs", 18, 256, 98}, {"iq1_s", 19, 256, 50},   {"iq4_nl", 20, 32, 18},   {"iq3_s", 21, 256, 110},
    {"iq2_s", 22, 256, 82},   {"iq4_xs", 23, 256, 136}, {"i8", 24, 1, 1},         {"i16", 25, 1, 2},
    {"i32", 26, 1, 4},        {"i64", 27, 1, 8},        {"f64", 28, 1, 8},        {"iq1_m", 29, 256, 56},
    {"bf16", 30, 1, 2},       {"tq1_0", 34, 256, 54},   {"tq2_0", 35, 256, 66},   {"mxfp4", 39, 32, 17},
    {"nvfp4", 40, 64, 36},    {"q1_0", 41, 128, 18},    {"q2_0", 42, 64, 18},     {"f8_e4m3", 43, 1, 1},
}};

const TypeFacts& facts(std::string_view type) {
    for (const TypeFacts& row : kTypes)
        if (row.name == type) return row;
    throw std::invalid_argument("no such tensor type: " + std::string(type));
}

constexpr std::array<std::size_t, 13> kValueBytes = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

std::size_t round_up(std::size_t value, std::size_t multiple) { return (value + multiple - 1) / multiple * multiple; }

class Writer {
public:
    Writer(std::uint32_t version, bool big_endian) : length_bytes_(version == 1 ? 4 : 8), big_endian_(big_endian) {}

    void number(std::uint64_t value, std::size_t bytes) {
        for (std::size_t i = 0; i < bytes; ++i) {
            const std::size_t shift = 8 * (big_endian_ ? bytes - 1 - i : i);
            out.push_back(static_cast<std::byte>(value >> shift & 0xFF));
        }
    }
    void length(std::uint64_t value) { number(value, length_bytes_); }
    void raw(std::span<const std::byte> bytes) {
        for (const std::byte b : bytes) out.push_back(b);  // insert() makes GCC 12 warn falsely, for AArch64
    }
    void string(std::string_view text) {
        length(text.size());
        raw(std::as_bytes(std::span(text)));
    }
    void value(const GgufValue& v) {
        if (v.type == 8) return string(std::get<std::string>(v.content));
        if (v.type != 9) return number(std::get<std::uint64_t>(v.content), kValueBytes.at(v.type));
        const auto& elements = std::get<std::vector<GgufValue>>(v.content);
        number(v.element_type, 4);
        length(elements.size());
        for (const GgufValue& element : elements) value(element);
    }

    std::vector<std::byte> out;

private:
    std::size_t length_bytes_;
    bool big_endian_;
};

}  // namespace

GgufValue::GgufValue(float v) : type(6), content(std::uint64_t{std::bit_cast<std::uint32_t>(v)}) {}
GgufValue::GgufValue(double v) : type(12), content(std::bit_cast<std::uint64_t>(v)) {}

GgufValue GgufValue::array(std::uint32_t element_type, std::vector<GgufValue> values) {
    GgufValue result(std::uint8_t{0});
    result.type = 9;
    result.element_type = element_type;
    result.content = std::move(values);
    return result;
}

std::uint64_t tensor_bytes(std::string_view type, std::span<const std::uint64_t> dimensions) {
    std::uint64_t elements = 1;
    for (const std::uint64_t n : dimensions) elements *= n;
    return elements / facts(type).block * facts(type).bytes;
}
std::uint32_t tensor_type_id(std::string_view type) { return facts(type).id; }

GgufBuilder& GgufBuilder::version(std::uint32_t version) {
    version_ = version;
    return *this;
}
GgufBuilder& GgufBuilder::big_endian() {
    big_endian_ = true;
    return *this;
}
GgufBuilder& GgufBuilder::alignment(std::uint32_t bytes) {
    alignment_ = bytes;
    return key("general.alignment", bytes);
}
GgufBuilder& GgufBuilder::key(std::string name, GgufValue value) {
    const std::uint32_t type = value.type;
    keys_.push_back({std::move(name), type, std::move(value)});
    return *this;
}
GgufBuilder& GgufBuilder::raw_key(std::string name, std::uint32_t type, std::vector<std::byte> encoded_value) {
    keys_.push_back({std::move(name), type, std::move(encoded_value)});
    return *this;
}
GgufBuilder& GgufBuilder::tensor(std::string name, std::string_view type, std::vector<std::uint64_t> dimensions,
                                 Fill fill) {
    const std::uint64_t size = tensor_bytes(type, dimensions);
    return raw_tensor({.name = std::move(name),
                       .dimensions = std::move(dimensions),
                       .type = facts(type).id,
                       .offset = {},
                       .bytes = size,
                       .fill = std::move(fill),
                       .dimension_count = {}});
}
GgufBuilder& GgufBuilder::raw_tensor(RawTensor tensor) {
    tensors_.push_back(std::move(tensor));
    return *this;
}
GgufBuilder& GgufBuilder::counts(std::uint64_t tensors, std::uint64_t keys) {
    counts_ = {tensors, keys};
    return *this;
}
GgufBuilder& GgufBuilder::pad_end() {
    pad_end_ = true;
    return *this;
}
GgufBuilder& GgufBuilder::truncate_to(std::size_t size) {
    edits_.push_back([size](std::vector<std::byte>& bytes) { bytes.resize(std::min(size, bytes.size())); });
    return *this;
}
GgufBuilder& GgufBuilder::overwrite(std::size_t offset, std::vector<std::byte> replacement) {
    edits_.push_back([offset, replacement = std::move(replacement)](std::vector<std::byte>& bytes) {
        if (offset + replacement.size() > bytes.size()) throw std::out_of_range("overwrite past the end");
        std::copy(replacement.begin(), replacement.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
    });
    return *this;
}
GgufBuilder& GgufBuilder::append(std::vector<std::byte> more) {
    edits_.push_back([more = std::move(more)](std::vector<std::byte>& bytes) {
        bytes.insert(bytes.end(), more.begin(), more.end());
    });
    return *this;
}

struct GgufBuilder::Written {
    std::vector<std::byte> bytes;
    std::map<std::string, std::size_t, std::less<>> keys, values, tensors;
    std::size_t data = 0;
    std::vector<std::uint64_t> offsets;  // of the tensors' data, from `data` on
};

GgufBuilder::Written GgufBuilder::write_header() const {
    Written written;
    Writer out(version_, big_endian_);
    for (const char letter : std::string_view("GGUF")) out.number(static_cast<std::uint8_t>(letter), 1);
    out.number(version_, 4);
    out.length(counts_ ? (*counts_)[0] : tensors_.size());
    out.length(counts_ ? (*counts_)[1] : keys_.size());
    for (const Key& key : keys_) {
        written.keys.emplace(key.name, out.out.size());
        out.string(key.name);
        out.number(key.type, 4);
        written.values.emplace(key.name, out.out.size());
        if (const auto* value = std::get_if<GgufValue>(&key.value)) out.value(*value);
        else out.raw(std::get<std::vector<std::byte>>(key.value));
    }
    std::uint64_t next = 0;
    for (const RawTensor& tensor : tensors_) {
        written.offsets.push_back(tensor.offset.value_or(next));
        next = round_up(std::max(next, written.offsets.back() + tensor.bytes), alignment_);
        written.tensors.emplace(tensor.name, out.out.size());
        out.string(tensor.name);
        out.number(tensor.dimension_count.value_or(static_cast<std::uint32_t>(tensor.dimensions.size())), 4);
        for (const std::uint64_t size : tensor.dimensions) out.number(size, version_ == 1 ? 4 : 8);
        out.number(tensor.type, 4);
        out.number(written.offsets.back(), 8);
    }
    written.bytes = std::move(out.out);
    written.data = tensors_.empty() ? written.bytes.size() : round_up(written.bytes.size(), alignment_);
    return written;
}

GgufBuilder::Written GgufBuilder::write_all() const {
    Written written = write_header();
    std::size_t end = 0;
    for (std::size_t i = 0; i < tensors_.size(); ++i)
        if (tensors_[i].bytes != 0)
            end = std::max<std::size_t>(end, written.data + written.offsets[i] + tensors_[i].bytes);
    written.bytes.reserve(end);
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
        const RawTensor& tensor = tensors_[i];
        if (tensor.bytes == 0) continue;
        const std::size_t begin = written.data + written.offsets[i];
        written.bytes.resize(std::max(written.bytes.size(), begin + tensor.bytes));
        if (tensor.fill) tensor.fill(std::span(written.bytes).subspan(begin, tensor.bytes));
    }
    if (pad_end_) written.bytes.resize(round_up(written.bytes.size(), alignment_));
    return written;
}

std::vector<std::byte> GgufBuilder::header() const {
    Written written = write_header();
    written.bytes.resize(written.data);
    return std::move(written.bytes);
}

std::vector<std::byte> GgufBuilder::bytes() const {
    std::vector<std::byte> result = write_all().bytes;
    for (const auto& edit : edits_) edit(result);
    return result;
}

void GgufBuilder::write(const std::filesystem::path& path) const {
    const auto content = bytes();
    std::ofstream out(path, std::ios::binary);
    out.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

std::size_t GgufBuilder::key_offset(std::string_view name) const { return write_all().keys.find(name)->second; }
std::size_t GgufBuilder::value_offset(std::string_view name) const { return write_all().values.find(name)->second; }
std::size_t GgufBuilder::tensor_offset(std::string_view name) const { return write_all().tensors.find(name)->second; }
std::size_t GgufBuilder::data_offset() const { return write_all().data; }

GgufBuilder::Fill fill_f32(std::vector<float> values) {
    return [values = std::move(values)](std::span<std::byte> data) {
        if (data.size() != values.size() * sizeof(float)) throw std::length_error("fill_f32: wrong number of values");
        std::memcpy(data.data(), values.data(), data.size());
    };
}

std::vector<std::byte> to_bytes(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

std::vector<std::byte> little_endian(std::uint64_t value, std::size_t bytes) {
    std::vector<std::byte> result;
    for (std::size_t i = 0; i < bytes; ++i) result.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFF));
    return result;
}

}  // namespace attnx::test
