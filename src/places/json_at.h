// places: members of JSON that anybody may have written. Private to places.
#pragma once

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace attnx::places {

// Null where there is none.
inline const nlohmann::json* member_at(const nlohmann::json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found == object.end() ? nullptr : &*found;
}

// A string of an object; empty where there is none.
inline std::string text_at(const nlohmann::json& object, const char* key) {
    const nlohmann::json* found = member_at(object, key);
    return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

inline std::optional<std::uint64_t> count_at(const nlohmann::json& object, const char* key) {
    const nlohmann::json* found = member_at(object, key);
    return found != nullptr && found->is_number_unsigned() ? std::optional(found->get<std::uint64_t>()) : std::nullopt;
}

// Neither negative nor infinite.
inline std::optional<double> amount_at(const nlohmann::json& object, const char* key) {
    const nlohmann::json* found = member_at(object, key);
    if (found == nullptr || !found->is_number()) return std::nullopt;
    const double value = found->get<double>();
    return std::isfinite(value) && value >= 0 ? std::optional(value) : std::nullopt;
}

}  // namespace attnx::places
