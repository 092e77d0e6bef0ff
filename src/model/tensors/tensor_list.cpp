#include "tensor_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "attnx/base/text.h"

namespace attnx::model {
namespace {

// A tokenizer without vocabulary has as many tokens as a key says; any other as its list has (llama-vocab.cpp, load).
// Where there is no list, which llama.cpp refuses before it asks for tensors, as many as are embedded.
Dim count_tokens(const gguf::File& file, const TensorList& list) {
    const gguf::Value* value = file.metadata().find("tokenizer.ggml.model");
    const std::string_view model = value == nullptr ? "" : value->as<std::string_view>().value_or("?");
    const bool by_key = model.empty() || model == "no_vocab" || model == "none";
    const bool by_list = file.metadata().find("tokenizer.ggml.tokens") != nullptr;
    const bool refused_before = value == nullptr ? !list.key("vocab_size") : !by_key && !by_list;
    const gguf::TensorInfo* embedding = list.info({}, Stem::token_embd);
    if (refused_before && embedding != nullptr) return embedding->ne[1];
    return by_key ? list.key("vocab_size") : Dim(list.array_length("@tokenizer.ggml.tokens"));
}

struct ScaledRow {
    Stem stem;
    bool per_expert = false;
    bool for_inputs = true;  // llama.cpp also looks for a scale of the matrix's input
};

// Matrices that may carry a scale whatever the architecture (llama-model.cpp, load_tensors).
constexpr std::array kScaled = {
    ScaledRow{Stem::attn_q},
    ScaledRow{Stem::attn_k},
    ScaledRow{Stem::attn_v},
    ScaledRow{Stem::attn_output},
    ScaledRow{Stem::attn_qkv},
    ScaledRow{Stem::attn_gate},
    ScaledRow{Stem::ffn_gate},
    ScaledRow{Stem::ffn_down},
    ScaledRow{Stem::ffn_up},
    ScaledRow{Stem::ffn_gate_shexp},
    ScaledRow{Stem::ffn_down_shexp},
    ScaledRow{Stem::ffn_up_shexp},
    ScaledRow{Stem::ffn_gate_exps, true},
    ScaledRow{Stem::ffn_down_exps, true},
    ScaledRow{Stem::ffn_up_exps, true},
    ScaledRow{Stem::ssm_in},
    ScaledRow{Stem::ssm_out},
    ScaledRow{Stem::ssm_alpha},
    ScaledRow{Stem::ssm_beta},
    ScaledRow{Stem::nextn_eh_proj},
    ScaledRow{Stem::nextn_shared_head_head},
};

PlannedTensor planned(TensorPlace place, Stem stem, Suffix suffix, Shape shape) {
    PlannedTensor tensor;
    tensor.place = place;
    tensor.stem = stem;
    tensor.suffix = suffix;
    for (const Dim dim : shape)
        if (tensor.dimensions < tensor.shape.size()) tensor.shape[tensor.dimensions++] = dim.value();
    return tensor;
}

bool fits(const PlannedTensor& tensor, const gguf::TensorInfo& info) {
    if (!tensor.any_shape) return std::ranges::equal(tensor.shape, info.ne);
    Dim elements = 1;
    for (const std::uint64_t dim : tensor.shape) elements = elements * Dim(dim);
    return elements == Dim(info.elements);
}

std::optional<Suffix> suffix_of(std::string_view text) {
    for (const Suffix suffix : {Suffix::weight, Suffix::bias, Suffix::scale, Suffix::scales, Suffix::input_scale,
                                Suffix::lora_a, Suffix::lora_b, Suffix::none})
        if (text == to_string(suffix)) return suffix;
    return std::nullopt;
}

std::string shape_text(const gguf::TensorInfo& info) {
    return fmt::format(
        "[{}]", fmt::join(info.ne.begin(), info.ne.begin() + std::max<std::size_t>(info.dimension_count, 1), ", "));
}

}  // namespace

TensorList::TensorList(const gguf::File& file, std::string prefix, const Draft& draft, TensorPlan& plan)
    : file_(file), prefix_(std::move(prefix)), draft_(draft), plan_(plan), claimed_(file.tensors().size()) {
    plan_.parts_missing = file.parts_missing() > 0;
    vocabulary_ = count_tokens(file, *this);
    token_types_ = key("@tokenizer.ggml.token_type_count");
    const std::uint64_t predicted = draft.router ? draft.nextn_layers : key(Key::nextn_predict_layers).value();
    prediction_layers_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(predicted, draft.layer_count_all));
}

Dim TensorList::rotated(std::uint32_t i) const {
    return draft_.sliding.at(i) ? draft_.rope_dimensions_sliding : draft_.rope_dimensions;
}

std::string TensorList::key_name(std::string_view suffix) const {
    return suffix.starts_with('@') ? std::string(suffix.substr(1)) : prefix_ + "." + std::string(suffix);
}

Dim TensorList::key(std::string_view suffix, std::uint32_t otherwise) const {
    const gguf::Value* value = file_.metadata().find(key_name(suffix));
    const auto number = value == nullptr ? std::nullopt : value->to_unsigned();
    return number.value_or(otherwise);
}

Dim TensorList::key(Key key, std::uint32_t otherwise) const {
    return this->key(key_table()[static_cast<std::size_t>(key)].suffix, otherwise);
}

bool TensorList::flag(std::string_view suffix) const {
    const gguf::Value* value = file_.metadata().find(prefix_ + "." + std::string(suffix));
    return value != nullptr && value->as<bool>().value_or(false);
}

std::uint64_t TensorList::array_length(std::string_view suffix) const {
    const gguf::Value* value = file_.metadata().find(key_name(suffix));
    const auto array = value == nullptr ? std::nullopt : value->array();
    return array ? array->size() : 0;
}

std::optional<Dim> TensorList::element(Key key, std::uint32_t i) const {
    const gguf::Value* value = file_.metadata().find(key_name(key_table()[static_cast<std::size_t>(key)].suffix));
    const auto array = value == nullptr ? std::nullopt : value->array();
    if (!array) return std::nullopt;
    return i < array->size() ? Dim(array->at(i).to_unsigned().value_or(0)) : Dim();
}

std::optional<std::int64_t> TensorList::signed_element(std::string_view suffix, std::uint64_t i) const {
    const gguf::Value* value = file_.metadata().find(key_name(suffix));
    const auto array = value == nullptr ? std::nullopt : value->array();
    if (!array || i >= array->size()) return std::nullopt;
    return array->at(i).to_signed();
}

const gguf::TensorInfo* TensorList::info(TensorPlace place, Stem stem, Suffix suffix) const {
    return file_.find_tensor(tensor_name(place, stem, suffix));
}

void TensorList::problem(FindingId id, std::string message, const std::string& name, std::string_view alike,
                         std::optional<std::uint32_t> layer) {
    message = printable(message);
    if (!plan_.refusal) plan_.refusal = Refusal{message, name};
    for (Problem& earlier : problems_) {
        if (earlier.id != id || alike.empty() || earlier.alike != alike) continue;
        ++earlier.more;
        if (layer) earlier.layers.push_back(*layer);
        return;
    }
    problems_.push_back({id, std::move(message), alike, {}});
}

void TensorList::report() {
    if (file_.tensors().empty()) return;  // a vocabulary, or metadata only: said once, elsewhere
    for (Problem& problem : problems_) {
        if (problem.more > 0) problem.message += fmt::format("; {} more like it", problem.more);
        if (problem.more > 0 && problem.layers.size() == problem.more) {
            std::ranges::sort(problem.layers);  // file order need not be theirs, and one layer may have several
            problem.layers.erase(std::unique(problem.layers.begin(), problem.layers.end()), problem.layers.end());
            problem.message += fmt::format(", in layers {}", fold_numbers(problem.layers));
        }
        plan_.findings.push_back({problem.id, std::move(problem.message)});
    }
}

void TensorList::refuse(std::string message, const std::string& name) {
    problem(FindingId::llama_cpp_refuses, std::move(message), name, {});
}

bool TensorList::ask(Stem stem, Shape shape, Suffix suffix, Want want, bool any_shape, bool counted) {
    PlannedTensor tensor = planned(place_, stem, suffix, shape);
    tensor.required = is_required(want);
    tensor.any_shape = any_shape;
    tensor.used = !is_unused(want);
    const std::string name = tensor_name(tensor);
    const auto layer = place_.stack == Stack::none ? std::nullopt : std::optional(place_.layer);
    const gguf::TensorInfo* info = file_.find_tensor(name);
    if (info == nullptr) {
        tensor.state = tensor.required ? TensorState::missing : TensorState::absent;
        if (tensor.required && !plan_.parts_missing)
            problem(FindingId::tensor_missing,
                    fmt::format("tensor {} is missing, it should be {}", name, model::shape_text(tensor)), name,
                    to_string(stem), layer);
    } else {
        tensor.index = static_cast<std::size_t>(info - file_.tensors().data());
        tensor.state = fits(tensor, *info) ? TensorState::present : TensorState::misshapen;
        if (tensor.state == TensorState::misshapen)
            problem(FindingId::shape_disagrees,
                    fmt::format("tensor {} is {}, it should be {}", name, shape_text(*info), model::shape_text(tensor)),
                    name, to_string(stem), layer);
        claimed_[*tensor.index] = true;
        if (counted || is_unused(want)) ++created_;  // what is left out counts each time
    }
    const bool got = info != nullptr && tensor.used;
    if (counted) plan_.tensors.push_back(tensor);
    return got;
}

bool TensorList::of_size(Want want, Stem stem, Shape shape, Suffix suffix) {
    return ask(stem, shape, suffix, want, true);
}

bool TensorList::again(Want want, Stem stem, Shape shape, Suffix suffix) {
    return ask(stem, shape, suffix, want, false, false);
}

void TensorList::ask_for_scales() {
    const bool any = std::ranges::any_of(file_.tensors(), [](const gguf::TensorInfo& info) {
        return info.name.ends_with(".scale") || info.name.ends_with(".input_scale");
    });
    if (!any) return;
    plan_.index();
    for (const Suffix suffix : {Suffix::scale, Suffix::input_scale})
        for (std::uint32_t i = 0; i < layers_all(); ++i)
            for (const ScaledRow& row : kScaled) {
                const TensorPlace place{Stack::trunk, i};
                const PlannedTensor* matrix = plan_.find(place, row.stem);
                if (matrix == nullptr || !matrix->usable() || plan_.find(place, row.stem, suffix) != nullptr) continue;
                place_ = place;
                may(row.stem, {row.per_expert ? experts() : Dim(1)}, suffix);
            }
    whole_model();
    for (const Suffix suffix : {Suffix::scale, Suffix::input_scale})
        if (const PlannedTensor* output = plan_.find({}, Stem::output); output != nullptr && output->usable())
            may(Stem::output, {1}, suffix);
}

void TensorList::take_names() {
    const std::span<const gguf::TensorInfo> tensors = file_.tensors();
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const TensorRole role = role_of(tensors[i].name);
        const auto suffix = suffix_of(role.suffix);
        if (role.id == Stem::unknown || role.expert || !suffix) continue;
        PlannedTensor tensor;
        tensor.place = {role.stack, role.layer.value_or(0)};
        tensor.stem = role.id;
        tensor.suffix = *suffix;
        std::ranges::copy(tensors[i].ne, tensor.shape.begin());
        tensor.dimensions = static_cast<std::uint8_t>(tensors[i].dimension_count);
        tensor.state = TensorState::present;
        tensor.index = i;
        plan_.tensors.push_back(tensor);
    }
    plan_.index();
}

void TensorList::finish() {
    ask_for_scales();
    plan_.known = true;
    plan_.index();
    for (std::size_t i = 0; i < claimed_.size(); ++i) {
        if (claimed_[i]) continue;
        plan_.superfluous.push_back(i);
        const std::string name(file_.tensors()[i].name);
        const TensorRole role = role_of(name);
        const std::string_view stem = to_string(role.id);
        if (!role.tower.empty())
            problem(FindingId::tensor_superfluous,
                    fmt::format("tensor {} belongs to an encoder of images or sound, which llama.cpp loads from a file "
                                "of its own",
                                name),
                    name, "a tower");
        else
            problem(FindingId::tensor_superfluous, fmt::format("tensor {} is not one that this architecture has", name),
                    name, stem.empty() ? "unknown" : stem, stem.empty() ? std::nullopt : role.layer);
    }
    if (plan_.superfluous.empty() && !plan_.parts_missing && created_ > file_.tensors().size())
        refuse(fmt::format("llama.cpp counts {} tensors where the file has {}", created_, file_.tensors().size()));
    report();
}

}  // namespace attnx::model
