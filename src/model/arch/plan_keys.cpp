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
    : Hparams(metadata, std::move(prefix)), tensors_(tensors) {}

float PlanKeys::require_f32(std::string_view suffix) { return required(f32(suffix), key(suffix)); }

std::uint32_t PlanKeys::require_u32(std::string_view suffix) { return required(u32(suffix), key(suffix)); }

std::vector<float> PlanKeys::require_f32_layers(std::string_view suffix, std::uint32_t count) {
    return required(f32_layers(suffix, count), key(suffix));
}

bool PlanKeys::has_tensor(Stack stack, Stem stem) const {
    const PlannedTensor* tensor = tensors_.find({stack, 0}, stem);
    return tensor != nullptr && tensor->index.has_value();
}

}  // namespace attnx::model
