#include "attnx/tensor/view.h"

#include <fmt/format.h>

#include <algorithm>

#include "attnx/base/error.h"
#include "attnx/base/text.h"

namespace attnx::tensor {

TensorView::TensorView(const gguf::File& file, const gguf::TensorInfo& info)
    : elsewhere_(file.is_elsewhere() ? &file : nullptr),
      info_(&info),
      turn_(Turn::of(file, info)),
      bytes_(elsewhere_ != nullptr ? file.place(info) : file.data(info)),
      order_(file.shards()[info.shard].header.layout.order),
      row_bytes_(0) {
    if (find_dequantizer(info.type->type) == nullptr)
        throw Error(
            ErrorCode::unsupported,
            fmt::format("tensor {} of type {} cannot be read as numbers", printable(info.name), info.type->name),
            {file.path(), info.offset, std::string(info.name)});
    row_bytes_ = gguf::row_bytes(*info.type, info.ne[0]).value();  // whole blocks: the reader has checked
}

void TensorView::expect(bool inside) const {
    if (inside) return;
    throw Error(ErrorCode::bad_dimensions,
                fmt::format("tensor {} of {} x {} x {} numbers does not have the part to be read",
                            printable(info_->name), columns(), rows(), slices()),
                {{}, info_->offset, std::string(info_->name)});
}

std::span<const std::byte> TensorView::bytes_of(std::uint64_t first, std::uint64_t size) const {
    if (elsewhere_ != nullptr) elsewhere_->ensure(*info_, first, size);
    return bytes_.subspan(first, size);
}

void TensorView::read(std::uint64_t slice, std::uint64_t row, Range columns, std::span<float> out) const {
    expect(slice < slices() && row < rows() && columns.first <= columns.end && columns.end <= this->columns() &&
           out.size() == columns.size());
    if (turn_) {  // it takes the whole row
        std::vector<float> whole(this->columns());
        read_rows(slice, row, whole);
        std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(columns.first), columns.size(), out.begin());
        return;
    }
    const std::uint64_t block = info_->type->block_elements;
    const std::uint64_t first = columns.first / block, end = (columns.end + block - 1) / block;
    const auto blocks = bytes_of((slice * rows() + row) * row_bytes_ + first * info_->type->block_bytes,
                                 (end - first) * info_->type->block_bytes);
    if (columns.size() == (end - first) * block) return dequantize(info_->type->type, blocks, out, order_);
    std::vector<float> whole((end - first) * block);
    dequantize(info_->type->type, blocks, whole, order_);
    std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(columns.first - first * block), columns.size(),
                out.begin());
}

void TensorView::read_rows(std::uint64_t slice, std::uint64_t first, std::span<float> out) const {
    const std::uint64_t count = out.size() / columns();
    expect(slice < slices() && first <= rows() && count <= rows() - first && out.size() % columns() == 0);
    const auto blocks = bytes_of((slice * rows() + first) * row_bytes_, count * row_bytes_);
    dequantize(info_->type->type, blocks, out, order_);
    if (turn_) turn_->undo(out);
}

std::vector<float> TensorView::read_all() const {
    std::vector<float> out(info_->elements);
    dequantize(info_->type->type, bytes_of(0, bytes_.size()), out, order_);
    if (turn_) turn_->undo(out);
    return out;
}

}  // namespace attnx::tensor
