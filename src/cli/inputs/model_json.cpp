#include "model_json.h"

#include <fmt/format.h>

#include <limits>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "attnx/base/error.h"
#include "attnx/model/memory_fields.h"

namespace attnx::cli {
namespace {

using nlohmann::json;

[[noreturn]] void refuse_json(const std::string& message) {
    throw Error(ErrorCode::bad_geometry, "standard input is not the JSON of `attnx inspect`: " + message);
}

const json& member(const json& object, const char* key) {
    if (!object.is_object()) refuse_json(fmt::format("expected an object with \"{}\"", key));
    const auto found = object.find(key);
    if (found == object.end()) refuse_json(fmt::format("\"{}\" is missing", key));
    return *found;
}

// A value of exactly that kind; integers must fit, so that no number is bent on its way in.
template <class T>
T typed(const json& value, const char* key) {
    if constexpr (std::is_same_v<T, bool>) {
        if (value.is_boolean()) return value.get<bool>();
    } else if constexpr (std::is_same_v<T, std::string>) {
        if (value.is_string()) return value.get<std::string>();
    } else {
        if (value.is_number_unsigned() && value.get<std::uint64_t>() <= std::numeric_limits<T>::max())
            return static_cast<T>(value.get<std::uint64_t>());
    }
    refuse_json(fmt::format("\"{}\" is not what it should be", key));
}

template <class T>
T get(const json& object, const char* key) {
    return typed<T>(member(object, key), key);
}

const json& array(const json& object, const char* key) {
    const json& value = member(object, key);
    if (!value.is_array()) refuse_json(fmt::format("\"{}\" is not an array", key));
    return value;
}

// The enumerator whose to_string is `text`.
template <class Enum>
Enum named(const std::string& text, Enum last) {
    for (int i = 0; i <= static_cast<int>(last); ++i)
        if (to_string(static_cast<Enum>(i)) == text) return static_cast<Enum>(i);
    refuse_json(fmt::format("\"{}\" is unknown", text));
}

// The counterpart of report/plan.cpp: each field of a plan from the member of its name.
class PlanReader {
public:
    template <class Struct>
    static Struct read(const json& from) {
        Struct value;
        model::visit_fields(
            value, [&](std::string_view name, auto& field) { read_field(from, std::string(name).c_str(), field); });
        return value;
    }

private:
    template <class Field>
    static void read_field(const json& from, const char* key, Field& field) {
        field = get<Field>(from, key);
    }
    static void read_field(const json& from, const char* key, model::CacheKind& field) {
        field = named(get<std::string>(from, key), model::CacheKind::compressed);
    }
    static void read_field(const json& from, const char* key, model::CellRule& field) {
        field = named(get<std::string>(from, key), model::CellRule::fixed);
    }
    template <class Element>
    static void read_field(const json& from, const char* key, std::vector<Element>& list) {
        for (const json& element : array(from, key)) {
            if constexpr (std::is_class_v<Element> && !std::is_same_v<Element, std::string>)
                list.push_back(read<Element>(element));
            else list.push_back(typed<Element>(element, key));
        }
    }
};

model::MemoryPlan memory_plan(const json& from) {
    const auto plan = PlanReader::read<model::MemoryPlan>(from);
    for (const model::CachePlan& cache : plan.caches)
        if (cache.ratio == 0) refuse_json("\"ratio\" is 0");
    return plan;
}

model::LayerSpec layer_spec(const json& from) {
    model::LayerSpec layer;
    layer.index = get<std::uint32_t>(from, "layer");
    layer.kind = named(get<std::string>(from, "kind"), model::LayerKind::linear);
    layer.head_count = get<std::uint32_t>(from, "head_count");
    layer.head_count_kv = get<std::uint32_t>(from, "head_count_kv");
    layer.head_dim_k = get<std::uint32_t>(from, "head_dim_k");
    layer.head_dim_v = get<std::uint32_t>(from, "head_dim_v");
    layer.rope_dimensions = get<std::uint32_t>(from, "rope_dimensions");
    layer.sliding = get<bool>(from, "sliding_window");
    layer.recurrent = get<bool>(from, "recurrent");
    layer.has_kv = get<bool>(from, "has_kv");
    layer.next_token_prediction = get<bool>(from, "next_token_prediction");
    if (!member(from, "kv_shared_with").is_null()) layer.kv_shared_with = get<std::uint32_t>(from, "kv_shared_with");
    return layer;
}

model::ComputePlan compute_plan(const json& from) {
    model::ComputePlan plan;
    for (const json& layer : array(from, "layers"))
        plan.layers.push_back({get<std::uint32_t>(layer, "layer"), get<std::uint64_t>(layer, "q"),
                               get<std::uint64_t>(layer, "k"), get<std::uint64_t>(layer, "v"),
                               get<std::uint64_t>(layer, "o"), get<std::uint64_t>(layer, "mixer"),
                               get<std::uint64_t>(layer, "state_elements"), get<std::uint64_t>(layer, "feed_forward"),
                               get<std::uint64_t>(layer, "active_bytes")});
    plan.output_head = get<std::uint64_t>(from, "output_head");
    plan.output_head_bytes = get<std::uint64_t>(from, "output_head_bytes");
    plan.counted_from_tensors = get<bool>(from, "counted_from_tensors");
    return plan;
}

void check_layer_numbers(const ModelSource& source) {
    const std::size_t count = source.spec.layers.size();
    if (source.compute.layers.size() != count) refuse_json("compute_plan has another number of layers");
    for (std::size_t i = 0; i < count; ++i)
        if (source.spec.layers[i].index != i || source.compute.layers[i].layer != i)
            refuse_json("layers are not numbered from 0");
    const auto check = [&](const model::MemoryPlan& plan) {
        for (const model::CachePlan& cache : plan.caches)
            for (const model::CacheLayer& layer : cache.layers)
                if (layer.layer >= count)
                    refuse_json(fmt::format("a cache belongs to layer {} of {}", layer.layer, count));
    };
    check(source.spec.memory);
    if (source.spec.memory_mtp) check(*source.spec.memory_mtp);
}

std::optional<view::ModelRef> model_ref(const json& from) {
    const auto model = from.find("model");
    if (model == from.end() || !model->is_object()) return std::nullopt;
    view::ModelRef ref{get<std::string>(*model, "path"), get<std::string>(*model, "architecture"), std::nullopt};
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
    ModelSource source;
    source.model = model_ref(document);
    source.spec.architecture = source.model ? source.model->architecture : "";
    source.spec.layer_count = get<std::uint32_t>(result, "layer_count");
    source.spec.layer_count_all = get<std::uint32_t>(result, "layer_count_all");
    source.spec.context_length = get<std::uint32_t>(result, "context_length");
    source.spec.embedding_length = get<std::uint32_t>(result, "embedding_length");
    source.spec.vocabulary_size = get<std::uint32_t>(result, "vocabulary_size");
    source.spec.parameter_count = get<std::uint64_t>(result, "parameter_count");
    source.spec.causal = get<bool>(result, "causal");
    source.spec.mla = get<bool>(result, "mla");
    source.spec.support = get<bool>(result, "architecture_known") ? model::Support::known : model::Support::unknown;
    const json& window = member(result, "sliding_window");
    source.spec.window.type = named(get<std::string>(window, "type"), model::WindowType::symmetric);
    source.spec.window.size = get<std::uint32_t>(window, "size");
    for (const json& layer : array(result, "layers")) source.spec.layers.push_back(layer_spec(layer));
    source.spec.memory = memory_plan(member(result, "memory_plan"));
    if (result.contains("memory_plan_mtp")) source.spec.memory_mtp = memory_plan(result["memory_plan_mtp"]);
    source.compute = compute_plan(member(result, "compute_plan"));
    check_layer_numbers(source);
    for (const json& row : array(result, "quantization")) source.weight_bytes += get<std::uint64_t>(row, "bytes");
    return source;
}

}  // namespace attnx::cli
