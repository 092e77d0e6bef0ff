// What turning a row into a plan may look at: the model's keys, read as Hparams reads all keys, and whether a
// tensor is there.
#pragma once

#include <string>
#include <string_view>

#include "attnx/model/hparams.h"

namespace attnx::gguf {
class File;
}

namespace attnx::model {

// Views `file`, which must outlive it.
class PlanKeys : public Hparams {
public:
    PlanKeys(const gguf::File& file, std::string prefix);

    float f32_or(std::string_view suffix, float otherwise) { return f32(suffix).value_or(otherwise); }
    // Throw missing_key: the model cannot be executed without them.
    float require_f32(std::string_view suffix);
    std::uint32_t require_u32(std::string_view suffix);
    // One value per layer, or one for all of them. Throws missing_key.
    std::vector<float> require_f32_layers(std::string_view suffix, std::uint32_t count);

    bool has_tensor(std::string_view name) const;

private:
    const gguf::File& file_;
};

}  // namespace attnx::model
