#include "support/golden_model.h"
#include "support/read_json.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

namespace attnx::test {
namespace {

using nlohmann::json;

std::uint64_t fnv1a64(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

GgufValue scalar(const std::string& type, const json& value) {
    if (type == "uint8") return value.get<std::uint8_t>();
    if (type == "int8") return value.get<std::int8_t>();
    if (type == "uint16") return value.get<std::uint16_t>();
    if (type == "int16") return value.get<std::int16_t>();
    if (type == "uint32") return value.get<std::uint32_t>();
    if (type == "int32") return value.get<std::int32_t>();
    if (type == "float32") return static_cast<float>(value.get<double>());
    if (type == "bool") return value.get<bool>();
    if (type == "string") return value.get<std::string>();
    if (type == "uint64") return value.get<std::uint64_t>();
    if (type == "int64") return value.get<std::int64_t>();
    if (type == "float64") return value.get<double>();
    throw std::invalid_argument("no such value type: " + type);
}

GgufValue typed_value(const std::string& type, const json& value) {
    constexpr std::string_view kArray = "array:";
    if (!type.starts_with(kArray)) return scalar(type, value);
    const std::string element = type.substr(kArray.size());
    std::vector<GgufValue> values;
    for (const json& item : value) values.push_back(scalar(element, item));
    const std::uint32_t id = scalar(element, element == "string" ? json("")
                                             : element == "bool" ? json(false)
                                                                 : json(0))
                                 .type;
    return GgufValue::array(id, std::move(values));
}

// For kv-vectors.json, which tells types only by how the values look.
std::string guess_type(const json& value) {
    if (value.is_string()) return "string";
    if (value.is_boolean()) return "bool";
    if (value.is_number_float()) return "float32";
    if (value.is_number_integer() && value.get<std::int64_t>() < 0) return "int32";
    if (value.is_array()) return "array:" + (value.empty() ? "uint32" : guess_type(value.front()));
    return "uint32";
}

void put_weights(std::span<std::byte> data, const std::string& name, bool half, std::uint64_t seed, float scale,
                 float bias) {
    const std::size_t size = half ? 2 : 4;
    for (std::size_t i = 0; i < data.size() / size; ++i) {
        const float weight = golden_weight(name, seed, i, scale, bias);
        const std::uint16_t rounded = half ? round_to_half(weight) : std::uint16_t{0};
        std::memcpy(data.data() + i * size, half ? static_cast<const void*>(&rounded) : &weight, size);
    }
}

}  // namespace

float golden_weight(std::string_view name, std::uint64_t weight_seed, std::uint64_t index, float scale, float bias) {
    std::uint64_t z = fnv1a64(name) + weight_seed + index * 0x9E3779B97F4A7C15;
    z += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    const std::uint64_t hash = z ^ (z >> 31);
    const double unit = std::ldexp(static_cast<double>(hash >> 40), -24);  // exact in float32 too, as is 2u - 1
    // Each step in double and rounded once gives the float32 result, and leaves nothing to fuse.
    const auto product = static_cast<float>(static_cast<double>(scale) * (2 * unit - 1));
    return static_cast<float>(static_cast<double>(bias) + static_cast<double>(product));
}

std::uint16_t round_to_half(float value) {
    const auto sign = static_cast<std::uint16_t>(std::signbit(value) ? 0x8000 : 0);
    const double magnitude = std::fabs(static_cast<double>(value));
    if (std::isnan(value)) return static_cast<std::uint16_t>(sign | 0x7E00);
    if (magnitude >= 65520) return static_cast<std::uint16_t>(sign | 0x7C00);
    // In units of the last place at this magnitude; nearbyint rounds ties to even. A carry moves into the exponent by
    // itself.
    const int exponent = magnitude < std::ldexp(1.0, -14) ? -14 : std::ilogb(magnitude);
    const auto units = static_cast<int>(std::nearbyint(std::ldexp(magnitude, 10 - exponent)));
    const int bits = units < 1024 ? units : ((exponent + 14) << 10) + units;
    return static_cast<std::uint16_t>(sign | bits);
}

GoldenParts golden_parts(const std::filesystem::path& path) {
    const json model = read_json(path);
    GoldenParts parts;
    parts.version = model.value("gguf_version", 3u);
    parts.weight_seed = model.at("weight_seed").get<std::uint64_t>();
    for (const json& row : model.at("metadata"))
        parts.metadata.emplace_back(row.at(0).get<std::string>(), typed_value(row.at(1).get<std::string>(), row.at(2)));
    for (const json& row : model.at("tensors"))
        parts.tensors.push_back({row.at(0).get<std::string>(), row.at(1).get<std::vector<std::uint64_t>>(),
                                 row.at(2).get<std::string>(), static_cast<float>(row.at(3).get<double>()),
                                 static_cast<float>(row.at(4).get<double>())});
    return parts;
}

GgufBuilder GoldenParts::build(Weights weights) const {
    GgufBuilder builder;
    builder.version(version);
    for (const auto& [key, value] : metadata) builder.key(key, value);
    for (const GoldenTensor& tensor : tensors) {
        GgufBuilder::Fill fill;
        if (weights == Weights::real)
            fill = [tensor, seed = weight_seed](std::span<std::byte> data) {
                put_weights(data, tensor.name, tensor.type == "f16", seed, tensor.scale, tensor.bias);
            };
        builder.tensor(tensor.name, tensor.type, tensor.shape, std::move(fill));
    }
    return builder;
}

GgufBuilder golden_model(const std::filesystem::path& path, Weights weights) {
    return golden_parts(path).build(weights);
}

std::vector<std::byte> golden_model_bytes(const std::filesystem::path& json_path, Weights weights) {
    return golden_model(json_path, weights).bytes();
}

GgufBuilder kv_vector_model(std::string_view meta_json) {
    GgufBuilder builder;
    const json meta = json::parse(meta_json);
    for (const auto& [name, value] : meta.items()) builder.key(name, typed_value(guess_type(value), value));
    return builder;
}

}  // namespace attnx::test
