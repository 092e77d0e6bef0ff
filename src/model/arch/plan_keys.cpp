#include "plan_keys.h"

#include <fmt/format.h>

#include "attnx/base/error.h"

namespace attnx::model {
namespace {

template <class T>
T required(std::optional<T> value, const std::string& key) {
    if (value) return *std::move(value);
    throw Error(ErrorCode::missing_key, fmt::format("{} is missing, without which the model cannot be executed", key),
                Where{{}, {}, key});
}

}  // namespace

PlanKeys::PlanKeys(const gguf::Metadata& metadata, std::string prefix, const TensorPlan& tensors)
    : Hparams(metadata, std::move(prefix)), values_(metadata), tensors_(tensors) {}

float PlanKeys::require_f32(std::string_view suffix) { return required(f32(suffix), key(suffix)); }

std::uint32_t PlanKeys::require_u32(std::string_view suffix) { return required(u32(suffix), key(suffix)); }

std::vector<float> PlanKeys::require_f32_layers(std::string_view suffix, std::uint32_t count) {
    return required(f32_layers(suffix, count), key(suffix));
}

std::optional<std::int64_t> PlanKeys::signed_number(std::string_view suffix) const {
    const gguf::Value* value = values_.find(key(suffix));
    return value == nullptr ? std::nullopt : value->to_signed();
}

std::vector<std::uint64_t> PlanKeys::integers(std::string_view suffix) const {
    std::vector<std::uint64_t> numbers;
    const gguf::Value* value = values_.find(key(suffix));
    const auto array = value == nullptr ? std::nullopt : value->array();
    if (!array) return numbers;
    array->for_each([&](std::uint64_t, const gguf::Value& element) {
        const auto positive = element.to_unsigned();
        numbers.push_back(positive ? *positive : static_cast<std::uint64_t>(element.to_signed().value_or(-1)));
        return true;
    });
    return numbers;
}

bool PlanKeys::has_tensor(Stack stack, Stem stem) const {
    const PlannedTensor* tensor = tensors_.find({stack, 0}, stem);
    return tensor != nullptr && tensor->index.has_value();
}

}  // namespace attnx::model
