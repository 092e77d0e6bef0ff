#include "routed_values.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "../ffn/choice.h"
#include "../ops/matmul.h"
#include "attnx/base/error.h"

namespace attnx::forward {

RoutedValues::RoutedValues(const MixerParts& parts, std::size_t outputs) : plan_(parts.plan.attention.value_experts) {
    if (plan_.count == 0 || plan_.used == 0 || plan_.used > plan_.count)
        throw Error(ErrorCode::bad_value,
                    fmt::format("{} of {} value experts cannot be executed", plan_.used, plan_.count));
    const Tensors& tensors = parts.tensors;
    router_ = tensors.linear(Stem::attn_v_gate, parts.graph.width, plan_.count);
    choice_bias_ = std::exchange(router_.bias, {});  // of the choice only
    values_ = tensors.stack(Stem::attn_v_exps, parts.graph.width, outputs, plan_.count);
}

// Each matrix is read once, for all tokens that chose it.
Matrix RoutedValues::run(const Matrix& x, Workers& workers) const {
    const Matrix logits = applied(router_, x, workers);
    std::vector<std::vector<Choice>> uses(plan_.count);  // by expert; Choice::expert is the token here
    for (std::size_t t = 0; t < x.rows; ++t)
        for (const Choice& c : choose_experts(plan_, logits.row(t), choice_bias_, workers.simd()))
            uses.at(c.expert).push_back({static_cast<std::uint32_t>(t), c.weight});
    Matrix sum(x.rows, values_.outputs);
    for (std::size_t e = 0; e < uses.size(); ++e) {
        if (uses[e].empty()) continue;
        Matrix in(uses[e].size(), x.columns), out(in.rows, sum.columns);
        for (std::size_t i = 0; i < in.rows; ++i) copy(x.row(uses[e][i].expert), in.row(i));
        multiply(values_.at(e), in.all(), out.all(), workers);
        silu_all(out.values, workers.simd());
        for (std::size_t i = 0; i < out.rows; ++i)
            add_scaled(sum.row(uses[e][i].expert), out.row(i), uses[e][i].weight);
    }
    return sum;
}

}  // namespace attnx::forward
