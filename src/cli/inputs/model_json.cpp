#include "model_json.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "attnx/base/checked.h"
#include "attnx/base/error.h"
#include "attnx/model/spec_fields.h"

namespace attnx::cli {
namespace {

using nlohmann::json;

[[noreturn]] void refuse_json(const std::string& message) {
    throw Error(ErrorCode::bad_geometry, "standard input is not the JSON of `attnx inspect`: " + message);
}

const json& member(const json& object, std::string_view key) {
    if (!object.is_object()) refuse_json(fmt::format("expected an object with \"{}\"", key));
    const auto found = object.find(key);
    if (found == object.end()) refuse_json(fmt::format("\"{}\" is missing", key));
    return *found;
}

// A value of exactly the field's kind; numbers must fit, so that none is bent on its way in.
template <class Field>
std::optional<Field> converted(const json& value) {
    if constexpr (std::is_same_v<Field, bool>) {
        if (value.is_boolean()) return value.get<bool>();
    } else if constexpr (std::is_same_v<Field, std::string>) {
        if (value.is_string()) return value.get<std::string>();
    } else if constexpr (std::is_enum_v<Field>) {
        if (value.is_string()) return model::named<Field>(value.get<std::string>());
    } else if constexpr (std::is_floating_point_v<Field>) {
        if (value.is_number() && std::abs(value.get<double>()) <= std::numeric_limits<Field>::max())
            return static_cast<Field>(value.get<double>());
    } else {
        if (value.is_number_unsigned() && value.get<std::uint64_t>() <= std::numeric_limits<Field>::max())
            return static_cast<Field>(value.get<std::uint64_t>());
    }
    return std::nullopt;
}

// The counterpart of report/fields.cpp: each field from the member of its name.
class FieldReader {
public:
    template <class Field>
    static Field get(const json& object, std::string_view key) {
        Field field{};
        read(member(object, key), key, field);
        return field;
    }

    template <class Field>
    static void read(const json& value, std::string_view key, Field& field) {
        const auto known = converted<Field>(value);
        if (!known) refuse_json(fmt::format("\"{}\" is not what it should be", key));
        field = *known;
    }
    template <model::Visited Struct>
    static void read(const json& value, std::string_view, Struct& into) {
        visit_fields(into, [&](std::string_view name, auto&& field) { read_member(value, name, field); });
    }
    template <class Field>
    static void read(const json& value, std::string_view key, std::optional<Field>& field) {
        if (!value.is_null()) read(value, key, field.emplace());
    }
    template <class Field>
    static void read(const json& value, std::string_view key, model::OrNull<Field>& field) {
        if (!value.is_null()) read(value, key, field.value);
    }
    template <class Element>
    static void read(const json& value, std::string_view key, std::vector<Element>& list) {
        if (!value.is_array()) refuse_json(fmt::format("\"{}\" is not an array", key));
        for (const json& element : value) read(element, key, list.emplace_back());
    }

private:
    template <class Field>
    static void read_member(const json& object, std::string_view key, Field& field) {
        read(member(object, key), key, field);
    }
    template <class Field>
    static void read_member(const json& object, std::string_view key, model::WhereAny<Field>& field) {
        if (object.contains(key)) read(object[key], key, field.value);
    }
};

void check_caches(const model::MemoryPlan& plan, std::size_t layer_count) {
    for (const model::CachePlan& cache : plan.caches) {
        if (cache.ratio == 0) refuse_json("\"ratio\" is 0");
        for (const model::CacheLayer& layer : cache.layers)
            if (layer.layer >= layer_count)
                refuse_json(fmt::format("a cache belongs to layer {} of {}", layer.layer, layer_count));
    }
}

void check_layer_numbers(const ModelSource& source) {
    const std::size_t count = source.spec.layers.size();
    if (source.compute.layers.size() != count) refuse_json("compute_plan has another number of layers");
    for (std::size_t i = 0; i < count; ++i)
        if (source.spec.layers[i].index != i || source.compute.layers[i].layer != i)
            refuse_json("layers are not numbered from 0");
    check_caches(source.spec.memory, count);
    if (source.spec.memory_mtp) check_caches(*source.spec.memory_mtp, count);
}

// 0 where one of them is unknown.
std::uint64_t weight_bytes(const json& quantization) {
    if (!quantization.is_array()) refuse_json("\"quantization\" is not an array");
    std::uint64_t sum = 0;
    for (const json& row : quantization) {
        if (member(row, "bytes").is_null()) return 0;
        const auto next = checked_add(sum, FieldReader::get<std::uint64_t>(row, "bytes"));
        if (!next) return 0;
        sum = *next;
    }
    return sum;
}

std::optional<view::ModelRef> model_ref(const json& document) {
    const auto model = document.find("model");
    if (model == document.end() || !model->is_object()) return std::nullopt;
    view::ModelRef ref{FieldReader::get<std::string>(*model, "path"),
                       FieldReader::get<std::string>(*model, "architecture"), std::nullopt};
    if (const auto name = model->find("name"); name != model->end() && name->is_string())
        ref.name = name->get<std::string>();
    return ref;
}

}  // namespace

ModelSource model_from_json(std::string_view text) {
    const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (document.is_discarded()) refuse_json("it does not parse as JSON");
    if (const auto error = document.is_object() ? document.find("error") : document.end();
        error != document.end() && error->is_object())
        refuse_json("it is an error report: " + error->value("message", std::string("?")));
    const json& result = member(document, "result");
    if (!result.contains("layers") && result.contains("kind_reason"))
        throw Error(ErrorCode::not_a_model,
                    fmt::format("standard input describes no language model: its kind is {}, for {}",
                                FieldReader::get<std::string>(result, "kind"),
                                FieldReader::get<std::string>(result, "kind_reason")));
    ModelSource source;
    source.model = model_ref(document);
    source.spec.architecture = source.model ? source.model->architecture : "";
    FieldReader::read(result, "result", source.spec);
    source.spec.estimate = FieldReader::get<std::optional<std::string>>(result, "estimate_reason");
    source.compute = FieldReader::get<model::ComputePlan>(result, "compute_plan");
    check_layer_numbers(source);
    source.weight_bytes = weight_bytes(member(result, "quantization"));
    return source;
}

}  // namespace attnx::cli
