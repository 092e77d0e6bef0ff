// tensor: a tensor's numbers, row by row, without ever holding all of it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attnx/gguf/file.h"
#include "attnx/tensor/dequant.h"
#include "attnx/tensor/turn.h"

namespace attnx::tensor {

// [first, end)
struct Range {
    std::uint64_t first = 0, end = 0;
    std::uint64_t size() const { return end - first; }
};

// A tensor as slices of rows of columns, [slices, rows, columns]: columns run along the fastest dimension (for a weight
// matrix the inputs), rows along the next (the outputs), all further dimensions are slices. Refers to the File's bytes,
// so it must not outlive the File. What is stored in a rotated basis is turned back. Const use from several threads is
// safe.
class TensorView {
public:
    // Throws unsupported (a type without numbers), and what File::data and Turn::of throw. Of files that
    // lie elsewhere no more is brought here than is read.
    TensorView(const gguf::File& file, const gguf::TensorInfo& info);

    const gguf::TensorInfo& info() const { return *info_; }
    bool is_turned() const { return turn_ != nullptr; }
    std::uint64_t columns() const { return info_->ne[0]; }
    std::uint64_t rows() const { return info_->ne[1]; }
    std::uint64_t slices() const { return info_->ne[2] * info_->ne[3]; }
    std::uint64_t row_bytes() const { return row_bytes_; }  // as stored

    // `out` has columns.size() floats. Whole rows cost no copy. Throws bad_dimensions, naming the tensor, for what it
    // does not have.
    void read(std::uint64_t slice, std::uint64_t row, Range columns, std::span<float> out) const;
    // Rows [first, first + out.size() / columns()) of a slice, one after the other. Throws as read() does.
    void read_rows(std::uint64_t slice, std::uint64_t first, std::span<float> out) const;
    // Everything. Memory: 4 bytes an element.
    std::vector<float> read_all() const;

private:
    void expect(bool inside) const;
    std::span<const std::byte> bytes_of(std::uint64_t first, std::uint64_t size) const;

    const gguf::File* elsewhere_;  // null: all of it is here
    const gguf::TensorInfo* info_;
    std::shared_ptr<const Turn> turn_;  // null: stored as it is used
    std::span<const std::byte> bytes_;
    std::endian order_;
    std::uint64_t row_bytes_;
};

}  // namespace attnx::tensor
