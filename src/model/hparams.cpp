#include "attnx/model/hparams.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "attnx/base/checked.h"
#include "attnx/base/error.h"
#include "attnx/base/text.h"

namespace attnx::model {
namespace {

using gguf::Value;
using gguf::ValueType;

constexpr std::uint64_t kMaxArray = 512;  // LLAMA_MAX_LAYERS

bool is_required(Need need) { return need == Need::required || need == Need::essential; }
bool must_be_integer(Need need) { return need == Need::geometry || need == Need::essential; }

bool is_layer_element(ValueType type) {
    return type == ValueType::boolean || type == ValueType::i32 || type == ValueType::u32;
}

bool is_integer(ValueType type) {
    using enum ValueType;
    return type == u8 || type == i8 || type == u16 || type == i16 || type == u32 || type == i32 || type == u64 ||
           type == i64 || type == boolean;
}

// As llama.cpp copies array elements: a bool becomes 0 or 1, an int32 keeps its bits.
std::uint32_t layer_element(const Value& value) {
    if (const auto number = value.as<std::uint32_t>()) return *number;
    if (const auto number = value.as<std::int32_t>()) return static_cast<std::uint32_t>(*number);
    return value.as<bool>().value_or(false) ? 1 : 0;
}

std::string describe(const Value& value) {
    if (const auto array = value.array()) return fmt::format("array of {}", to_string(array->element_type()));
    return std::string(to_string(value.type()));
}

}  // namespace

Hparams::Hparams(const gguf::Metadata& metadata, std::string prefix)
    : metadata_(metadata), prefix_(std::move(prefix)) {}

std::string Hparams::key(std::string_view suffix) const {
    if (suffix.starts_with('@')) return std::string(suffix.substr(1));
    return fmt::format("{}.{}", prefix_, suffix);
}

bool Hparams::has(std::string_view suffix) const { return metadata_.find(key(suffix)) != nullptr; }

void Hparams::fact(std::string_view field, std::string value, Source source, std::string detail) {
    facts.push_back({std::string(field), std::move(value), source, std::move(detail)});
}

void Hparams::fact_from_key(std::string_view field, std::string value, std::string_view suffix) {
    fact(field, std::move(value), Source::key, printable(key(suffix)));
}

void Hparams::find(FindingId id, std::string message) {
    message = printable(message);
    const auto same = [&](const Finding& found) { return found.id == id && found.message == message; };
    if (std::ranges::none_of(findings, same)) findings.push_back({id, std::move(message)});
}

void Hparams::refuse(std::string reason, std::string name) {
    reason = printable(reason);
    if (std::ranges::find(refusals, reason, &Refusal::message) == refusals.end())
        refusals.push_back({std::move(reason), std::move(name)});
}

std::vector<std::string> Hparams::reasons() const {
    std::vector<std::string> messages;
    for (const Refusal& refusal : refusals) messages.push_back(refusal.message);
    return messages;
}

const Value* Hparams::look_up(std::string_view suffix, Need need) {
    const Value* value = metadata_.find(key(suffix));
    if (value == nullptr && is_required(need)) {
        const std::string message = fmt::format("key {} is missing", key(suffix));
        find(FindingId::missing_required_key, message);
        refuse(message, key(suffix));
    }
    return value;
}

void Hparams::require(std::string_view suffix) { look_up(suffix, Need::required); }

std::optional<std::uint64_t> Hparams::array_length(std::string_view suffix) const {
    const Value* value = metadata_.find(key(suffix));
    const auto array = value == nullptr ? std::nullopt : value->array();
    return array ? std::optional(array->size()) : std::nullopt;
}

void Hparams::wrong_type(std::string_view suffix, const Value& value, std::string_view expected, Need need) {
    const std::string message =
        fmt::format("key {} is stored as {}, llama.cpp expects {}", key(suffix), describe(value), expected);
    if (must_be_integer(need) && !value.to_unsigned())
        throw Error(ErrorCode::wrong_type, message, Where{{}, {}, key(suffix)});
    find(FindingId::key_wrong_type, message);
    refuse(message, key(suffix));
}

std::optional<std::uint32_t> Hparams::integer(std::string_view suffix, const Value& value, Need need) {
    if (const auto exact = value.as<std::uint32_t>()) return exact;
    wrong_type(suffix, value, to_string(ValueType::u32), need);
    const auto number = value.to_unsigned();
    const auto narrow = number ? checked_narrow<std::uint32_t>(*number) : std::nullopt;
    if (!narrow && must_be_integer(need))
        throw Error(ErrorCode::bad_value, fmt::format("key {} does not fit in 32 bits", key(suffix)),
                    Where{{}, {}, key(suffix)});
    return narrow;
}

std::optional<std::uint32_t> Hparams::u32(std::string_view suffix, Need need) {
    const Value* value = look_up(suffix, need);
    return value == nullptr ? std::nullopt : integer(suffix, *value, need);
}

std::optional<float> Hparams::f32(std::string_view suffix, Need need) {
    const Value* value = look_up(suffix, need);
    if (value == nullptr) return std::nullopt;
    auto number = value->as<float>();
    if (!number) {
        wrong_type(suffix, *value, to_string(ValueType::f32), need);
        if (const auto wide = value->to_double()) number = static_cast<float>(*wide);
    }
    if (number && !std::isfinite(*number)) {
        find(FindingId::not_finite, fmt::format("key {} is {}", key(suffix), *number));
        return std::nullopt;
    }
    return number;
}

std::optional<bool> Hparams::boolean(std::string_view suffix, Need need) {
    const Value* value = look_up(suffix, need);
    if (value == nullptr) return std::nullopt;
    if (const auto flag = value->as<bool>()) return flag;
    wrong_type(suffix, *value, to_string(ValueType::boolean), need);
    const auto number = value->to_unsigned();
    return number ? std::optional(*number != 0) : std::nullopt;
}

std::optional<std::string> Hparams::string(std::string_view suffix, Need need) {
    const Value* value = look_up(suffix, need);
    if (value == nullptr) return std::nullopt;
    if (const auto text = value->as<std::string_view>()) return std::string(*text);
    wrong_type(suffix, *value, to_string(ValueType::string), need);
    return std::nullopt;
}

void Hparams::check_length(std::string_view suffix, std::uint64_t found, std::uint32_t expected) {
    if (found == expected) return;
    const std::string message = fmt::format("key {} has {} values for {} layers", key(suffix), found, expected);
    find(FindingId::array_length, message);
    refuse(message, key(suffix));
}

std::optional<std::vector<std::uint32_t>> Hparams::u32_layers(std::string_view suffix, std::uint32_t count, Need need) {
    const Value* value = look_up(suffix, need);
    if (value == nullptr) return std::nullopt;
    const auto array = value->array();
    if (!array) {
        const auto scalar = integer(suffix, *value, need);
        if (!scalar) return std::nullopt;
        return std::vector<std::uint32_t>(count, *scalar);
    }
    check_length(suffix, array->size(), count);
    const bool exact = is_layer_element(array->element_type());
    if (!exact)
        wrong_type(suffix, *value, "array of uint32", is_integer(array->element_type()) ? Need::required : need);
    std::vector<std::uint32_t> values(count, 0);
    array->for_each([&](std::uint64_t i, const Value& element) {
        if (i >= count) return false;
        const auto narrow = checked_narrow<std::uint32_t>(element.to_unsigned().value_or(0));
        values[static_cast<std::size_t>(i)] = exact ? layer_element(element) : narrow.value_or(0);
        return true;
    });
    return values;
}

std::optional<std::vector<float>> Hparams::f32_layers(std::string_view suffix, std::uint32_t count, Need need) {
    const Value* value = look_up(suffix, need);
    if (value == nullptr) return std::nullopt;
    const auto array = value->array();
    if (!array) {
        const auto scalar = f32(suffix);
        return std::vector<float>(count, scalar.value_or(0.0F));
    }
    check_length(suffix, array->size(), count);
    if (array->element_type() != ValueType::f32) wrong_type(suffix, *value, "array of float32", need);
    std::vector<float> values(count, 0.0F);
    array->for_each([&](std::uint64_t i, const Value& element) {
        if (i >= count) return false;
        values[static_cast<std::size_t>(i)] = static_cast<float>(element.to_double().value_or(0.0));
        return true;
    });
    return values;
}

void Hparams::unless_strings(std::string_view suffix) {
    const Value* value = look_up(suffix, Need::optional);
    const auto array = value == nullptr ? std::nullopt : value->array();
    if (array && array->element_type() != ValueType::string)
        wrong_type(suffix, *value, "array of strings", Need::optional);
}

std::optional<std::vector<std::uint32_t>> Hparams::u32_array(std::string_view suffix, Need need) {
    const Value* value = look_up(suffix, need);
    const auto array = value == nullptr ? std::nullopt : value->array();
    if (!array) {
        if (value != nullptr && is_required(need)) wrong_type(suffix, *value, "array of uint32", need);
        return std::nullopt;
    }
    if (!is_layer_element(array->element_type())) {
        wrong_type(suffix, *value, "array of uint32", need);
        return std::nullopt;
    }
    if (array->size() > kMaxArray)
        refuse(fmt::format("key {} has more than {} values", key(suffix), kMaxArray), key(suffix));
    std::vector<std::uint32_t> values;
    array->for_each([&](std::uint64_t i, const Value& element) {
        if (i >= kMaxArray) return false;
        values.push_back(layer_element(element));
        return true;
    });
    return values;
}

}  // namespace attnx::model
