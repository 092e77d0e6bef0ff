#include "data_layout.h"

#include <fmt/format.h>

#include <algorithm>

#include "attnx/base/checked.h"

namespace attnx::gguf {
namespace {

class Sweep {
public:
    Sweep(const Shard& shard, std::span<const TensorInfo> tensors) : shard_(shard), tensors_(tensors) {
        layout_.extents.reserve(2 * tensors.size() + 6);
    }

    DataLayout run() {
        const Header& header = shard_.header;
        cover(Region::header, header.metadata_offset);
        cover(Region::metadata, header.tensor_table_offset);
        cover(Region::tensor_table, header.tensor_table_end);
        cover(Region::padding, header.data_offset);
        const std::vector<const TensorInfo*> order = by_offset();
        for (std::size_t i = 0; i < order.size(); ++i)
            place(*order[i], i + 1 < order.size() ? order[i + 1]->offset : shard_.size_bytes);
        cover_unused(shard_.size_bytes, Region::tail);
        return std::move(layout_);
    }

private:
    std::vector<const TensorInfo*> by_offset() {
        std::vector<const TensorInfo*> order;
        order.reserve(tensors_.size());
        for (const TensorInfo& info : tensors_) {
            if (!order.empty() && layout_.out_of_order == nullptr && info.offset < order.back()->offset)
                layout_.out_of_order = &info;
            order.push_back(&info);
        }
        std::ranges::stable_sort(order, {}, &TensorInfo::offset);
        return order;
    }

    void place(const TensorInfo& info, std::uint64_t next_offset) {
        cover_unused(info.offset, Region::gap);
        const std::uint64_t end = info.offset + info.bytes.value_or(std::max(next_offset, info.offset) - info.offset);
        if (info.offset < position_ && last_ != nullptr)
            layout_.overlaps.push_back({last_, &info, info.bytes ? std::min(end, position_) - info.offset : 0});
        cover(Region::tensor, end, &info);
        if (last_ == nullptr || end > last_end_) {
            last_ = &info;
            last_end_ = end;
        }
    }

    // Bytes that no tensor claims: padding up to the alignment, beyond that `region`.
    void cover_unused(std::uint64_t end, Region region) {
        if (end <= position_) return;
        cover(Region::padding, std::min(end, align_up(position_, shard_.header.alignment)));
        cover(region, end);
    }

    // The next extent reaches to `end`, if that is further than what is covered, and not beyond the file.
    void cover(Region region, std::uint64_t end, const TensorInfo* tensor = nullptr) {
        end = std::min(end, shard_.size_bytes);
        if (end <= position_) return;
        layout_.extents.push_back({region, position_, end - position_, tensor});
        position_ = end;
    }

    const Shard& shard_;
    std::span<const TensorInfo> tensors_;
    std::uint64_t position_ = 0;
    const TensorInfo* last_ = nullptr;  // the tensor that reaches furthest so far
    std::uint64_t last_end_ = 0;
    DataLayout layout_;
};

}  // namespace

std::span<const TensorInfo> tensors_of(std::span<const TensorInfo> tensors, std::uint32_t shard) {
    const auto before = [](const TensorInfo& info, std::uint32_t index) { return info.shard < index; };
    const auto first = std::lower_bound(tensors.begin(), tensors.end(), shard, before);
    const auto last = std::lower_bound(first, tensors.end(), shard + 1, before);
    return {first, last};
}

DataLayout lay_out(const Shard& shard, std::span<const TensorInfo> tensors) { return Sweep(shard, tensors).run(); }

void note_layout(const DataLayout& layout, FindingLog& findings) {
    if (layout.out_of_order != nullptr)
        findings.add(FindingId::tensors_out_of_order, [&] {
            return fmt::format("tensor {} lies before its predecessor in the table", layout.out_of_order->name);
        });
    for (const Overlap& overlap : layout.overlaps)
        findings.add(FindingId::tensor_overlap, [&] {
            return fmt::format("tensors {} and {} share {} bytes at byte {}", overlap.first->name, overlap.second->name,
                               overlap.bytes == 0 ? "some" : std::to_string(overlap.bytes), overlap.second->offset);
        });
    for (const Extent& extent : layout.extents) {
        if (extent.region == Region::gap)
            findings.add(FindingId::tensor_gap,
                         [&] { return fmt::format("{} unused bytes at byte {}", extent.bytes, extent.offset); });
        if (extent.region == Region::tail)
            findings.add(FindingId::trailing_bytes, [&] {
                return fmt::format("{} bytes follow the last tensor, at byte {}", extent.bytes, extent.offset);
            });
    }
}

}  // namespace attnx::gguf
