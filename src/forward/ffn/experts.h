// A mixture of experts: a router picks a few of many small feed-forward networks for each token.
#pragma once

#include <cstdint>
#include <vector>

#include "../kernel.h"
#include "../weights.h"
#include "attnx/model/graph.h"
#include "choice.h"

namespace attnx::forward {

class Experts {
public:
    Experts() = default;
    // Of a stream of `width`. Without ffn_gate_inp there are none.
    Experts(const Tensors& tensors, const model::FfnPlan& plan, std::size_t width);

    explicit operator bool() const { return static_cast<bool>(router_); }

    Matrix route(const Matrix& x, Workers& workers) const;  // logits, [tokens, count]
    Matrix run(const Matrix& x, const Matrix& logits, Workers& workers) const;

private:
    // One matrix of each expert.
    struct Bank {
        WeightStack weights;
        std::vector<float> bias;   // [count, outputs]; empty: none
        std::vector<float> scale;  // [count]; empty: none

        explicit operator bool() const { return static_cast<bool>(weights); }
        Matrix run(std::size_t expert, const Matrix& x, Workers& workers) const;
    };
    struct Networks {
        Bank gate, up, gate_up, down;
    };
    struct Stems {
        Stem gate, up, gate_up, down;
    };
    static const Stems kExperts, kChunks;
    // Matrices from `inputs` numbers to `outputs`.
    struct Shape {
        std::size_t inputs, outputs, count;
    };
    using Choices = std::vector<std::vector<Choice>>;  // by token

    static Networks networks(const Tensors& tensors, const Stems& stems, const Shape& shape);
    Matrix activated(const Networks& nets, std::size_t expert, const Matrix& x, Workers& workers) const;
    void add_experts(const Networks& nets, const Choices& choices, const Matrix& x, float scale, Matrix& sum,
                     Workers& workers) const;
    Choices chunk_choices(const Matrix& logits, Simd simd) const;

    model::FfnPlan plan_;
    Linear router_, latent_down_, latent_up_;
    Norm sum_norm_;                   // of what the chosen gave together (Kimi K3)
    Norm latent_norm_, expert_norm_;  // of the latent; of what each expert gives, whose weights come first (Muse Spark)
    std::vector<float> choice_bias_;
    Networks experts_, chunks_;
};

}  // namespace attnx::forward
