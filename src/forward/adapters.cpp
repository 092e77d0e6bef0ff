#include "adapters.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "mixers/attend.h"
#include "mixers/heads.h"
#include "ops/matmul.h"

namespace attnx::forward {

AdapterRouter::AdapterRouter(const model::AdapterPlan& plan) : plan_(plan) {
    if (plan.count == 0 || plan.calls.size() != plan.count - 1 || plan.read_as.size() != plan.calls.size())
        throw Error(ErrorCode::bad_value,
                    fmt::format("{} adapters, {} tokens that call for one, {} read in their place", plan.count,
                                plan.calls.size(), plan.read_as.size()));
    head_.heads = head_.kv_heads = head_.dim_k = head_.dim_v = 1;
}

std::uint32_t AdapterRouter::called_by(std::uint32_t token) const {
    const auto found = std::find(plan_.calls.rbegin(), plan_.calls.rend(), token);  // the last says what holds
    return static_cast<std::uint32_t>(plan_.calls.rend() - found);
}

std::vector<std::uint32_t> AdapterRouter::read_as(std::span<const std::uint32_t> tokens) const {
    std::vector<std::uint32_t> ids(tokens.begin(), tokens.end());
    for (std::uint32_t& id : ids)
        if (const std::uint32_t choice = called_by(id); choice != 0) id = plan_.read_as[choice - 1];
    return ids;
}

std::vector<std::uint32_t> AdapterRouter::choose(std::span<const std::uint32_t> tokens, Pass pass) {
    Matrix queries(tokens.size(), 1), keys(tokens.size(), 1), values(tokens.size(), 1);
    for (std::size_t t = 0; t < tokens.size(); ++t) {
        const std::uint32_t choice = called_by(tokens[t]);
        queries.row(t)[0] = 1.0F;
        keys.row(t)[0] = choice != 0 ? plan_.gain : -plan_.gain;
        values.row(t)[0] = static_cast<float>(choice);
    }
    append_rows(keys_, keys);
    append_rows(values_, values);
    pass.layer = plan_.layer;
    pass.weights_only = false;
    const Matrix mean = attend(head_, queries, {keys_.all(), values_.all()}, {}, pass);
    std::vector<std::uint32_t> choices;
    for (std::size_t t = 0; t < mean.rows; ++t) {
        const float most = static_cast<float>(plan_.count - 1), value = mean.row(t)[0];
        choices.push_back(std::isfinite(value) ? static_cast<std::uint32_t>(std::round(std::clamp(value, 0.0F, most)))
                                               : 0);
    }
    return choices;
}

SwitchedProduct::SwitchedProduct(const MixerParts& parts, Stem stem, std::size_t inputs, std::size_t outputs) {
    if (!parts.graph.adapters) return;
    const model::AdapterPlan& plan = *parts.graph.adapters;
    a_ = parts.tensors.stack(stem, inputs, plan.rank, plan.count, Suffix::lora_a);
    b_ = parts.tensors.stack(stem, plan.rank, outputs, plan.count, Suffix::lora_b);
    choices_ = parts.choices;
}

void SwitchedProduct::add_to(Matrix& y, const Matrix& x, Workers& workers) const {
    if (choices_ == nullptr) return;
    if (choices_->size() != x.rows) outside(0, x.rows, choices_->size(), "tokens with an adapter");
    for (std::size_t choice = 0; choice < a_.count; ++choice) {
        std::vector<std::size_t> tokens;
        for (std::size_t t = 0; t < x.rows; ++t)
            if ((*choices_)[t] == choice) tokens.push_back(t);
        if (tokens.empty()) continue;
        Matrix in(tokens.size(), x.columns), low(tokens.size(), a_.outputs), added(tokens.size(), b_.outputs);
        for (std::size_t i = 0; i < tokens.size(); ++i) copy(x.row(tokens[i]), in.row(i));
        multiply(a_.at(choice), in.all(), low.all(), workers);
        multiply(b_.at(choice), low.all(), added.all(), workers);
        for (std::size_t i = 0; i < tokens.size(); ++i) add(y.row(tokens[i]), added.row(i));
    }
}

}  // namespace attnx::forward
