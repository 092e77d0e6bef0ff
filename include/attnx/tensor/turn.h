// tensor: rows that are stored in another basis, turned back (gguf/stored_basis.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "attnx/gguf/file.h"

namespace attnx::tensor {

// Times the orthonormal Walsh-Hadamard matrix of as many rows, a power of two: twice gives what there was, but for
// rounding.
void hadamard(std::span<float> block);

class Turn {
public:
    // Null for a tensor whose numbers are stored as they are used. Throws as gguf::stored_basis does, and unsupported
    // when the basis is not one of this tensor's inputs.
    static std::shared_ptr<const Turn> of(const gguf::File& file, const gguf::TensorInfo& info);

    // Of whole rows, one after the other, as they were stored.
    void undo(std::span<float> rows) const;
    // Of what a row is multiplied with: its product with the stored row is that of the input with the row turned back.
    void apply(std::span<float> input) const;

private:
    struct Heads {
        std::size_t width = 0, keys = 0, values_per_key = 0;
    };
    static std::optional<Heads> heads_of(const gguf::File& file, const gguf::TensorInfo& info);
    void undo_row(std::span<float> row) const;
    void mix_blocks(std::span<float> row) const;
    void move_heads(std::span<float> row, bool group) const;

    std::size_t inputs_ = 0, block_ = 1;
    std::vector<float> signs_;  // empty: all are 1
    std::optional<Heads> heads_;
};

}  // namespace attnx::tensor
