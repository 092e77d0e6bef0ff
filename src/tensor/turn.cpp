#include "attnx/tensor/turn.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "attnx/gguf/stored_basis.h"

namespace attnx::tensor {
namespace {

[[noreturn]] void refuse_basis(const gguf::File& file, const gguf::TensorInfo& info, std::string_view why) {
    throw Error(ErrorCode::unsupported,
                fmt::format("tensor {} is stored in a rotated basis ({}*), but {}", printable(info.name),
                            gguf::kStoredBasisKeys, why),
                {file.path(), info.offset, std::string(info.name)});
}

}  // namespace

// Sylvester's order: element (i, j) is negative where i and j share an odd number of bits. Scaled first, then sums and
// differences at distance 1, 2, 4 …, as ggml does.
void hadamard(std::span<float> block) {
    const float scale = 1.0F / std::sqrt(static_cast<float>(block.size()));
    for (float& value : block) value *= scale;
    for (std::size_t distance = 1; distance < block.size(); distance *= 2)
        for (std::size_t begin = 0; begin < block.size(); begin += 2 * distance)
            for (std::size_t i = begin; i < begin + distance; ++i) {
                const float a = block[i], b = block[i + distance];
                block[i] = a + b;
                block[i + distance] = a - b;
            }
}

std::shared_ptr<const Turn> Turn::of(const gguf::File& file, const gguf::TensorInfo& info) {
    const gguf::StoredBasis* basis = file.stored_basis();
    if (basis == nullptr || info.elements == 0 || !basis->has(info.name)) return nullptr;
    auto turn = std::make_shared<Turn>();
    turn->inputs_ = info.ne[0];
    turn->block_ = basis->block;
    if (turn->inputs_ % turn->block_ != 0)
        refuse_basis(file, info, fmt::format("its {} inputs are no blocks of {}", turn->inputs_, turn->block_));
    if (!basis->signs.empty()) {
        const auto signs = basis->signs.find(turn->inputs_);
        if (signs == basis->signs.end())
            refuse_basis(file, info, fmt::format("there are no signs for {} inputs", turn->inputs_));
        turn->signs_ = signs->second;
    }
    if (basis->grouped_heads && info.name.find(".ssm_out.") != info.name.npos) turn->heads_ = heads_of(file, info);
    return turn;
}

std::optional<Turn::Heads> Turn::heads_of(const gguf::File& file, const gguf::TensorInfo& info) {
    const std::string prefix(file.metadata().string("general.architecture").value_or(""));
    const std::uint64_t values = file.metadata().u32(prefix + ".ssm.time_step_rank").value_or(0);
    const std::uint64_t keys = file.metadata().u32(prefix + ".ssm.group_count").value_or(0);
    if (values == 0 || keys == 0 || values % keys != 0 || info.ne[0] % values != 0)
        refuse_basis(file, info, fmt::format("{} value heads of {} key heads do not make up its inputs", values, keys));
    return Heads{info.ne[0] / values, keys, values / keys};
}

void Turn::undo(std::span<float> rows) const {
    for (; rows.size() >= inputs_; rows = rows.subspan(inputs_)) undo_row(rows.first(inputs_));
}

void Turn::apply(std::span<float> input) const {
    move_heads(input, true);
    for (std::size_t i = 0; i < signs_.size(); ++i) input[i] *= signs_[i];
    mix_blocks(input);
}

void Turn::undo_row(std::span<float> row) const {
    mix_blocks(row);
    for (std::size_t i = 0; i < signs_.size(); ++i) row[i] *= signs_[i];
    move_heads(row, false);
}

void Turn::mix_blocks(std::span<float> row) const {
    for (std::size_t at = 0; at < row.size(); at += block_) hadamard(row.subspan(at, block_));
}

// From turns to groups by key head, or back.
void Turn::move_heads(std::span<float> row, bool group) const {
    if (!heads_) return;
    const std::vector<float> before(row.begin(), row.end());
    for (std::size_t key = 0; key < heads_->keys; ++key)
        for (std::size_t value = 0; value < heads_->values_per_key; ++value) {
            const std::size_t grouped = (key * heads_->values_per_key + value) * heads_->width;
            const std::size_t by_turns = (value * heads_->keys + key) * heads_->width;
            std::copy_n(before.begin() + static_cast<std::ptrdiff_t>(group ? by_turns : grouped), heads_->width,
                        row.begin() + static_cast<std::ptrdiff_t>(group ? grouped : by_turns));
        }
}

}  // namespace attnx::tensor
