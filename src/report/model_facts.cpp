#include <fmt/format.h>

#include <algorithm>

#include "attnx/analysis/file_kind.h"
#include "attnx/base/units.h"
#include "attnx/gguf/file_type.h"
#include "attnx/report/report.h"
#include "attnx/text/vocab.h"
#include "geometry.h"
#include "inspect_parts.h"

namespace attnx::report {
namespace {

using model::LayerSpec;
using model::ModelSpec;
using view::Cell;
using view::Show;
using view::Unit;

std::optional<std::string> text_of(const gguf::File& file, std::string_view key) {
    const gguf::Value* value = file.metadata().find(key);
    const auto text = value == nullptr ? std::nullopt : value->as<std::string_view>();
    return text && !text->empty() ? std::optional<std::string>(*text) : std::nullopt;
}

// Of all tensors; nothing where a size is unknown, or there are none.
std::optional<double> bits_per_weight(const gguf::File& file) {
    const auto bytes = gguf::bytes_of(file.tensors());
    double elements = 0;
    for (const gguf::TensorInfo& info : file.tensors()) elements += static_cast<double>(info.elements);
    return elements == 0 || !bytes ? std::nullopt : std::optional(static_cast<double>(*bytes) * 8 / elements);
}

// What general.file_type says: a name, or in words why there is none.
struct FileTypeText {
    bool named = false;  // by a number, known or not
    std::optional<std::string_view> name;
    std::string words;
};

FileTypeText file_type_of(const gguf::File& file) {
    const gguf::Value* value = file.metadata().find("general.file_type");
    const auto id = value == nullptr ? std::nullopt : value->to_unsigned();
    if (!id) return {false, std::nullopt, "not named"};
    if (const auto name = gguf::file_type_name(*id)) return {true, name, std::string(*name)};
    return {true, std::nullopt, fmt::format("file type {}, which has no name in llama.cpp", *id)};
}

}  // namespace

std::string quantization_name(const gguf::File& file) {
    const FileTypeText type = file_type_of(file);
    return type.name ? type.words : matrix_types(file);
}

namespace {

std::string tokenizer_text(const text::TokenizerName& name) {
    if (!name.model) return "";
    std::string words = *name.model;
    if (name.type) words += fmt::format(" ({})", to_string(*name.type));
    return name.pre ? fmt::format("{}, pre-tokenizer {}", words, *name.pre) : words;
}

// Experts of the layers that have some.
struct Experts {
    std::uint32_t count = 0, least_used = 0, most_used = 0;
};

Experts experts_of(const ModelSpec& spec) {
    Experts experts{spec.experts.count, UINT32_MAX, 0};
    for (const LayerSpec& layer : spec.layers) {
        if (layer.expert_count == 0) continue;
        experts.count = std::max(experts.count, layer.expert_count);
        experts.least_used = std::min(experts.least_used, layer.expert_used_count);
        experts.most_used = std::max(experts.most_used, layer.expert_used_count);
    }
    experts.least_used = std::min(experts.least_used, experts.most_used);
    return experts;
}

std::string experts_text(const Experts& experts, std::uint32_t shared) {
    std::string used = std::to_string(experts.most_used);
    if (experts.least_used != experts.most_used) used = fmt::format("{} to {}", experts.least_used, used);
    std::string words = fmt::format("{} of {}", used, experts.count);
    return shared == 0 ? words : fmt::format("{}, and {} shared", words, shared);
}

std::string architecture_text(const ModelSpec& spec) {
    return spec.title.empty() ? spec.architecture : fmt::format("{} ({})", spec.title, spec.architecture);
}

}  // namespace

view::Facts model_facts(const gguf::File& file, const ModelSpec& spec, SpecFacts& fields) {
    view::Facts facts{"Model", {}, Show::all};
    const auto add = [&](std::string id, std::string label, Cell value, Unit unit, Show show, std::string remark = "") {
        facts.facts.push_back({std::move(id), std::move(label), std::move(value), unit, show, std::move(remark)});
    };
    const auto only_if = [](bool condition) { return condition ? Show::all : Show::scripts; };
    const bool unknown = spec.support == model::Support::unknown;

    const auto size_label = text_of(file, "general.size_label");
    add("name", "name", spec.name, Unit::none, only_if(spec.name.has_value()),
        spec.name ? size_label.value_or("") : "");
    add("size_label", "size", size_label, Unit::none, only_if(size_label && !spec.name));
    add("", "architecture", architecture_text(spec), Unit::none, Show::people,
        unknown ? "unknown to attnx: keys and tensors only" : "");
    add("kind", "", to_string(analysis::kind_of(file).kind), Unit::none, Show::scripts);

    const FileTypeText type = file_type_of(file);
    const auto bits = bits_per_weight(file);
    const std::string bits_text = bits ? fmt::format("{:.2f} bits per weight", *bits) : "";
    add("file_type", "", type.name, Unit::none, Show::scripts);
    add("bits_per_weight", "", bits, Unit::none, Show::scripts);
    if (type.named || bits) add("", "quantisation", type.words, Unit::none, Show::people, bits_text);

    const bool any = spec.parameter_count > 0;
    const bool partly = any && spec.active_parameter_count != spec.parameter_count;
    add("", "parameters", any ? Cell(spec.parameter_count) : Cell(), Unit::count, Show::people,
        !any     ? "the file has no tensors"
        : partly ? fmt::format("{} active per token", format_count(spec.active_parameter_count.value_or(0)))
                 : "");
    if (spec.tower_parameter_count > 0)
        facts.facts.push_back(fields.take("tower_parameter_count", "of them in a tower", Unit::count, Show::all,
                                          "encoder of images or sound beside the model"));
    const Experts experts = experts_of(spec);
    const bool alike = experts.least_used == experts.most_used;
    add("expert_count", "", experts.count, Unit::none, Show::scripts);
    add("expert_used_count", "", alike ? Cell(experts.most_used) : Cell(), Unit::none, Show::scripts);
    add("expert_shared_count", "", spec.experts.shared, Unit::none, Show::scripts);
    if (experts.count > 0)
        add("", "experts", experts_text(experts, spec.experts.shared), Unit::none, Show::people, "per token and layer");

    if (spec.context_length > 0)
        facts.facts.push_back(fields.take("context_length", "trained context", Unit::none, Show::all, "tokens"));
    facts.facts.push_back(fields.take("embedding_length", "embedding"));
    const text::TokenizerName tokenizer = text::tokenizer_name(file.metadata());
    if (spec.vocabulary_size > 0)
        facts.facts.push_back(
            fields.take("vocabulary_size", "vocabulary", Unit::none, Show::all, tokenizer_text(tokenizer)));
    add("tokenizer/model", "", tokenizer.model, Unit::none, Show::scripts);
    add("tokenizer/pre", "", tokenizer.pre, Unit::none, Show::scripts);
    return facts;
}

}  // namespace attnx::report
