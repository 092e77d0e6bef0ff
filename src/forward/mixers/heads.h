// Steps on matrices whose rows are the heads of one token, side by side. All throw bad_value when columns are not
// shared out evenly over the heads, and bad_dimensions when what is wanted of a row is not there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "../kernel.h"
#include "../ops/norm.h"
#include "../ops/rope.h"
#include "attnx/model/graph.h"
#include "mixer.h"

namespace attnx::forward {

// Columns [first, first + count) of every row.
Matrix columns_of(const Matrix& m, std::size_t first, std::size_t count);
void append_rows(Matrix& to, const Matrix& rows);
Matrix rows_after(const Matrix& m, std::size_t first);

// Each head by itself, or the whole row, as the norm's width says; does nothing without weights.
void norm_heads(NormRule rule, const Norm& norm, Matrix& m, std::size_t heads);
void norm_heads_unweighted(NormRule rule, Matrix& m, std::size_t heads);

void l2_normalize_heads(Matrix& m, std::size_t heads, float epsilon);

// Rotates each head from its element `offset` on.
void rotate_heads(const RopeTable& table, Matrix& m, std::size_t heads, std::size_t offset);
void rotate_heads_back(const RopeTable& table, Matrix& m, std::size_t heads, std::size_t offset);

// Scales queries by model::Temperature.
void warm(const model::Temperature& temperature, std::uint32_t first_position, Matrix& queries);

// Scalable softmax (arXiv 2501.19399): each head's queries times w ln(position + 1) + b, where the file has such
// vectors.
class PositionScale {
public:
    PositionScale(const Tensors& tensors, Stem stem, std::size_t heads);
    void apply(Matrix& queries, std::uint32_t first_position) const;

private:
    std::vector<float> weight_, bias_;  // by head; empty: none
};

// The frequency factors of the file, where `rope` heeds them: rope_freqs, or one set for short and one for long
// contexts.
class RopeFactors {
public:
    RopeFactors(const MixerParts& parts, const std::optional<model::RopePlan>& rope);
    // For the tokens of a pass.
    const RopeTable& table(const model::RopePlan& plan, std::uint32_t tokens, Pass& pass) const;

private:
    std::span<const float> of(const model::RopePlan& plan, std::uint32_t tokens) const;

    std::vector<float> any_, long_, short_;
    std::uint32_t context_;
};

}  // namespace attnx::forward
