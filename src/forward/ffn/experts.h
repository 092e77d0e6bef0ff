// A mixture of experts: a router picks a few of many small feed-forward networks for each token.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attnx/model/graph.h"
#include "../matrix.h"
#include "../weights.h"
#include "../workers.h"

namespace attnx::forward {

struct Choice {
    std::uint32_t expert = 0;
    float weight = 0.0F;
};

// The experts of one token from the router's logits, strongest first. `bias` (DeepSeek-V3) changes who is chosen, not the weight;
// empty: none.
std::vector<Choice> choose_experts(const model::ExpertPlan& plan, std::span<const float> logits, std::span<const float> bias,
                                   tensor::Simd simd = tensor::best_simd());

class Experts {
public:
    Experts() = default;
    Experts(const Tensors& tensors, const model::FfnPlan& plan);

    explicit operator bool() const { return static_cast<bool>(down_); }

    Matrix route(const Matrix& x, Workers& workers) const;                            // logits, [tokens, count]
    Matrix run(const Matrix& x, const Matrix& logits, Workers& workers) const;

private:
    struct Networks {
        WeightStack gate, up, gate_up, down;
        std::vector<float> gate_bias, up_bias, gate_up_bias, down_bias;     // [count, outputs]
        std::vector<float> gate_scale, up_scale, down_scale;                // [count]
    };
    using Choices = std::vector<std::vector<Choice>>;                       // by token

    static Networks networks(const Tensors& tensors, const char* suffix);
    static void check(const Networks& nets, std::size_t count);
    Matrix activated(const Networks& nets, std::size_t expert, const Matrix& x, Workers& workers) const;
    void add(const Networks& nets, const Choices& choices, const Matrix& x, float scale, Matrix& sum, Workers& workers) const;
    Choices chunk_choices(const Matrix& logits, tensor::Simd simd) const;

    model::FfnPlan plan_;
    Linear router_, latent_down_, latent_up_;
    std::vector<float> choice_bias_;
    WeightStack down_;
    Networks experts_, chunks_;
};

}  // namespace attnx::forward
