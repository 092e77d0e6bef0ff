#include "graph_traits.h"

#include <fmt/format.h>

#include "attnx/base/error.h"

namespace attnx::model {

std::optional<float> GraphKeys::f32(std::string_view key) const { return file_.metadata().f32(full(key)); }
std::optional<std::uint32_t> GraphKeys::u32(std::string_view key) const { return file_.metadata().u32(full(key)); }
std::optional<bool> GraphKeys::boolean(std::string_view key) const { return file_.metadata().boolean(full(key)); }
std::optional<std::string_view> GraphKeys::string(std::string_view key) const { return file_.metadata().string(full(key)); }

namespace {

template <class T>
T required(std::optional<T> value, const gguf::File& file, std::string key) {
    if (!value) throw Error(ErrorCode::missing_key, fmt::format("{} is missing, without which the model cannot be executed", key), {file.path(), {}, key});
    return *value;
}

}  // namespace

float GraphKeys::require_f32(std::string_view key) const { return required(f32(key), file_, full(key)); }
std::uint32_t GraphKeys::require_u32(std::string_view key) const { return required(u32(key), file_, full(key)); }

std::optional<float> GraphKeys::of_layer(const std::string& full_key, std::uint32_t layer) const {
    const gguf::Value* value = file_.metadata().find(full_key);
    if (value == nullptr) return std::nullopt;
    const auto array = value->array();
    const auto number = array ? (layer < array->size() ? array->at(layer).to_double() : std::nullopt) : value->to_double();
    if (!number) return std::nullopt;
    return static_cast<float>(*number);
}

}  // namespace attnx::model
