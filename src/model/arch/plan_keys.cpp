#include "plan_keys.h"

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "attnx/gguf/file.h"

namespace attnx::model {
namespace {

template <class T>
T required(std::optional<T> value, const std::string& key) {
    if (value) return *std::move(value);
    throw Error(ErrorCode::missing_key,
                fmt::format("{} is missing, without which the model cannot be executed", key),
                Where{{}, {}, key});
}

}  // namespace

PlanKeys::PlanKeys(const gguf::File& file, std::string prefix)
    : Hparams(file.metadata(), std::move(prefix)), file_(file) {}

float PlanKeys::require_f32(std::string_view suffix) { return required(f32(suffix), key(suffix)); }

std::uint32_t PlanKeys::require_u32(std::string_view suffix) { return required(u32(suffix), key(suffix)); }

std::vector<float> PlanKeys::require_f32_layers(std::string_view suffix, std::uint32_t count) {
    return required(f32_layers(suffix, count), key(suffix));
}

bool PlanKeys::has_tensor(std::string_view name) const { return file_.find_tensor(name) != nullptr; }

}  // namespace attnx::model
