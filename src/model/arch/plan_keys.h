// What turning a row into a plan may look at: the model's keys, read as Hparams reads all keys, and whether a
// tensor is there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attnx/model/hparams.h"
#include "attnx/model/tensor_plan.h"

namespace attnx::model {

// Views its arguments, which must outlive it.
class PlanKeys : public Hparams {
public:
    PlanKeys(const gguf::Metadata& metadata, std::string prefix, const TensorPlan& tensors);

    float f32_or(std::string_view suffix, float otherwise) { return f32(suffix).value_or(otherwise); }
    // Throw missing_key: the model cannot be executed without them.
    float require_f32(std::string_view suffix);
    std::uint32_t require_u32(std::string_view suffix);
    // One value per layer, or one for all of them. Throws missing_key.
    std::vector<float> require_f32_layers(std::string_view suffix, std::uint32_t count);

    std::optional<std::int64_t> signed_number(std::string_view suffix) const;
    // Integers of any width, as 64 bits; those below 0 in two's complement. Empty when there is no such array.
    std::vector<std::uint64_t> integers(std::string_view suffix) const;

    // Of the first block of a stack, or of the whole model.
    bool has_tensor(Stack stack, Stem stem) const;

private:
    const gguf::Metadata& values_;
    const TensorPlan& tensors_;
};

}  // namespace attnx::model
