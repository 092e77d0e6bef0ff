// Steps on matrices whose rows are the heads of one token, side by side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "attnx/model/graph.h"
#include "../matrix.h"
#include "mixer.h"
#include "../ops/norm.h"
#include "../ops/rope.h"

namespace attnx::forward {

// Columns [first, first + count) of every row.
Matrix columns_of(const Matrix& m, std::size_t first, std::size_t count);
void append_rows(Matrix& to, const Matrix& rows);

// Each head by itself, or the whole row, as the norm's width says; does nothing without weights.
void norm_heads(NormRule rule, const Norm& norm, Matrix& m, std::uint32_t heads);
void norm_heads_unweighted(NormRule rule, Matrix& m, std::uint32_t heads);

void l2_normalize_heads(Matrix& m, std::size_t heads, float epsilon);

// Rotates each head from its element `offset` on.
void rotate_heads(const RopeTable& table, Matrix& m, std::uint32_t heads, std::size_t offset);

// Scales queries by model::Temperature.
void warm(const model::Temperature& temperature, std::uint32_t first_position, Matrix& queries);

// The frequency factors of the file: rope_freqs, or one set for short and one for long contexts.
class RopeFactors {
public:
    explicit RopeFactors(const MixerParts& parts);
    // For a session that reaches `tokens` tokens.
    std::span<const float> of(const model::RopePlan& plan, std::uint32_t tokens) const;

private:
    std::vector<float> any_, long_, short_;
    std::uint32_t context_;
};

}  // namespace attnx::forward
