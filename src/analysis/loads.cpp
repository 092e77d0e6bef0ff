#include "attnx/analysis/loads.h"

#include <fmt/format.h>

#include "attnx/base/text.h"

namespace attnx::analysis {

LoadVerdict loads(const gguf::File&, const model::ModelSpec& spec) {
    if (spec.support == model::Support::unknown) return {};
    if (!spec.key_refusals.empty()) return {false, spec.key_refusals.front()};
    if (spec.tensors.refusal) return {false, spec.tensors.refusal};
    return {true, {}};
}

LoadVerdict verdict_of(const Error& error) { return {false, Refusal{error.message(), error.where().name}}; }

}  // namespace attnx::analysis
