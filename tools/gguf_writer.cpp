#include "gguf_writer.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace attnx::tools {
namespace {

constexpr std::uint64_t kAlignment = 32;
constexpr std::size_t kBlock = 32;  // elements of a q8_0 block

template <class T>
void put(std::string& out, T value) {
    for (std::size_t i = 0; i < sizeof value; ++i)
        out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFF);
}
void put(std::string& out, float value) { put(out, std::bit_cast<std::uint32_t>(value)); }
void put(std::string& out, std::string_view text) {
    put(out, std::uint64_t{text.size()});
    out += text;
}
void pad(std::string& out) { out.append((kAlignment - out.size() % kAlignment) % kAlignment, '\0'); }

// Round to nearest even; enough for the sample's range (no infinities).
std::uint16_t to_half(float value) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = bits >> 16 & 0x8000u;
    const float magnitude = std::fabs(value);
    if (magnitude < 6.103515625e-05f)  // subnormal: multiples of 2^-24
        return static_cast<std::uint16_t>(sign | static_cast<std::uint32_t>(std::nearbyint(magnitude * 16777216.0f)));
    const std::uint32_t rounded = (bits & 0x7FFFFFFFu) + 0xFFFu + (bits >> 13 & 1u) - (112u << 23);
    return static_cast<std::uint16_t>(sign | rounded >> 13);
}

// ggml's q8_0: a half scale, then 32 signed bytes.
void put_q8_0(std::string& out, const float* values) {
    float largest = 0;
    for (std::size_t i = 0; i < kBlock; ++i) largest = std::max(largest, std::fabs(values[i]));
    const float scale = largest / 127.0f;
    put(out, to_half(scale));
    for (std::size_t i = 0; i < kBlock; ++i)
        out += static_cast<char>(scale == 0 ? 0 : static_cast<int>(std::nearbyint(values[i] / scale)));
}

}  // namespace

void GgufWriter::begin(std::string_view name, std::uint32_t type) {
    ++key_count_;
    put(keys_, name);
    put(keys_, type);
}
void GgufWriter::begin_array(std::string_view name, std::uint32_t element_type, std::uint64_t size) {
    begin(name, 9);
    put(keys_, element_type);
    put(keys_, size);
}

void GgufWriter::key(std::string_view name, std::uint32_t value) {
    begin(name, 4);
    put(keys_, value);
}
void GgufWriter::key(std::string_view name, float value) {
    begin(name, 6);
    put(keys_, value);
}
void GgufWriter::key(std::string_view name, bool value) {
    begin(name, 7);
    put(keys_, static_cast<std::uint8_t>(value));
}
void GgufWriter::key(std::string_view name, std::string_view value) {
    begin(name, 8);
    put(keys_, value);
}
void GgufWriter::key(std::string_view name, const std::vector<std::uint32_t>& values) {
    begin_array(name, 4, values.size());
    for (const std::uint32_t value : values) put(keys_, value);
}
void GgufWriter::key(std::string_view name, const std::vector<std::int32_t>& values) {
    begin_array(name, 5, values.size());
    for (const std::int32_t value : values) put(keys_, static_cast<std::uint32_t>(value));
}
void GgufWriter::key(std::string_view name, const std::vector<float>& values) {
    begin_array(name, 6, values.size());
    for (const float value : values) put(keys_, value);
}
void GgufWriter::key(std::string_view name, const std::vector<std::string>& values) {
    begin_array(name, 8, values.size());
    for (const std::string& value : values) put(keys_, std::string_view(value));
}

void GgufWriter::tensor(std::string_view name, std::vector<std::uint64_t> shape, StoredAs type,
                        const std::vector<float>& values) {
    Tensor tensor{std::string(name), std::move(shape), type, {}};
    if (type == StoredAs::q8_0)
        for (std::size_t i = 0; i < values.size(); i += kBlock) put_q8_0(tensor.data, &values[i]);
    else
        for (const float value : values)
            type == StoredAs::f32 ? put(tensor.data, value) : put(tensor.data, to_half(value));
    tensors_.push_back(std::move(tensor));
}

std::string GgufWriter::bytes() const {
    std::string out = "GGUF";
    put(out, std::uint32_t{3});
    put(out, std::uint64_t{tensors_.size()});
    put(out, key_count_);
    out += keys_;
    std::uint64_t offset = 0;
    for (const Tensor& tensor : tensors_) {
        put(out, std::string_view(tensor.name));
        put(out, static_cast<std::uint32_t>(tensor.shape.size()));
        for (const std::uint64_t extent : tensor.shape) put(out, extent);
        put(out, static_cast<std::uint32_t>(tensor.type));
        put(out, offset);
        offset += (tensor.data.size() + kAlignment - 1) / kAlignment * kAlignment;
    }
    pad(out);
    for (const Tensor& tensor : tensors_) {
        out += tensor.data;
        pad(out);
    }
    return out;
}

}  // namespace attnx::tools
