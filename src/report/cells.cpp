#include "cells.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "attnx/base/text.h"

namespace attnx::report {

using gguf::Value;
using gguf::ValueType;
using view::Cell;

Cell cell_of(const Value& value, std::uint64_t most) {
    switch (value.type()) {
        case ValueType::string: return *value.as<std::string_view>();
        case ValueType::boolean: return *value.as<bool>();
        case ValueType::f32:
        case ValueType::f64: return *value.to_double();
        case ValueType::u64: return *value.to_unsigned();
        case ValueType::array: break;
        default: return *value.to_signed();
    }
    view::List list;
    value.array()->for_each([&](std::uint64_t i, const Value& element) {
        if (most != 0 && i >= most) return false;
        list.push_back(cell_of(element, most));
        return true;
    });
    return list;
}

std::string count_of(std::uint64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string type_text(const Value& value) {
    if (const auto array = value.array()) return fmt::format("array of {}", to_string(array->element_type()));
    return std::string(to_string(value.type()));
}

std::string value_text(const Value& value, std::uint64_t most) {
    const auto array = value.array();
    if (!array) {
        if (value.type() == ValueType::string) return std::string(*value.as<std::string_view>());
        if (value.type() == ValueType::boolean) return *value.as<bool>() ? "true" : "false";
        if (value.type() == ValueType::f32) return fmt::format("{}", *value.as<float>());
        if (value.type() == ValueType::f64) return fmt::format("{}", *value.as<double>());
        return value.type() == ValueType::u64 ? fmt::format("{}", *value.to_unsigned())
                                              : fmt::format("{}", *value.to_signed());
    }
    std::string text = "[";
    array->for_each([&](std::uint64_t i, const Value& element) {
        if (most != 0 && i >= most) return false;
        if (i > 0) text += ", ";
        const bool quoted = element.type() == ValueType::string;
        text += quoted ? fmt::format("\"{}\"", value_text(element, most)) : value_text(element, most);
        return true;
    });
    if (most != 0 && array->size() > most) text += fmt::format(", … {} in all", array->size());
    return text + "]";
}

std::string shape_text(const gguf::TensorInfo& info) {
    const auto shape = info.shape_file_order();
    return fmt::format("[{}]", fmt::join(shape.rbegin(), shape.rend(), ", "));
}

view::List shape_list(const gguf::TensorInfo& info) {
    const auto shape = info.shape_file_order();
    return {shape.rbegin(), shape.rend()};
}

std::string type_text(const gguf::TensorInfo& info) {
    return info.type ? std::string(info.type->name) : fmt::format("type {}", info.type_id);
}

double shortest(float value) {
    const std::string text = fmt::format("{}", value);
    double result = static_cast<double>(value);
    std::from_chars(text.data(), text.data() + text.size(), result);
    return result;
}

}  // namespace attnx::report
