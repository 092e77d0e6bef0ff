#include "attnx/analysis/check_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "attnx/base/text.h"
#include "attnx/tensor/validate.h"

namespace attnx::analysis {
namespace {

constexpr std::uint64_t kPiece = std::uint64_t{4} << 20;  // bytes between two looks at the clock
constexpr std::uint64_t kMostFindings = 20;

bool is_whole(const gguf::File& file, const gguf::TensorInfo& info) {
    const std::uint64_t size = file.shards()[info.shard].size_bytes;
    return info.type != nullptr && info.offset <= size && *info.bytes <= size - info.offset;
}

std::vector<const gguf::TensorInfo*> in_file_order(const gguf::File& file) {
    std::vector<const gguf::TensorInfo*> order;
    for (const gguf::TensorInfo& info : file.tensors())
        if (is_whole(file, info)) order.push_back(&info);
    std::ranges::stable_sort(order, {},
                             [](const gguf::TensorInfo* info) { return std::pair(info->shard, info->offset); });
    return order;
}

// The first fault of a tensor; its block is counted from the tensor's beginning.
std::optional<tensor::FlawedBlock> read_tensor(const gguf::File& file, const gguf::TensorInfo& info,
                                               const Reading& reading) {
    const std::span<const std::byte> data = file.data(info);
    const std::endian order = file.shards()[info.shard].header.layout.order;
    const std::uint64_t piece = kPiece / info.type->block_bytes * info.type->block_bytes;
    for (std::uint64_t at = 0; at < data.size(); at += piece) {
        const auto part = data.subspan(at, std::min<std::uint64_t>(piece, data.size() - at));
        auto flawed = tensor::first_flaw(info.type->type, part, order);
        if (reading.advances) reading.advances(flawed ? data.size() - at : part.size());
        if (!flawed) continue;
        flawed->block += at / info.type->block_bytes;
        return flawed;
    }
    return std::nullopt;
}

std::string describe(const gguf::TensorInfo& info, const tensor::FlawedBlock& flawed) {
    const bool single = info.type->block_elements == 1;
    return fmt::format("tensor {}: {} {} of {} ({}) {}", printable(info.name), single ? "number" : "block",
                       flawed.block, *info.bytes / info.type->block_bytes, info.type->name, to_string(flawed.flaw));
}

}  // namespace

DataSummary check_data(const gguf::File& file, const Reading& reading, Findings& findings) {
    const std::vector<const gguf::TensorInfo*> order = in_file_order(file);
    DataSummary summary;
    summary.tensors = order.size();
    summary.unread = file.tensors().size() - order.size();
    for (const gguf::TensorInfo* info : order) summary.bytes += *info->bytes;
    if (reading.begins) reading.begins(summary.bytes);
    for (const gguf::TensorInfo* info : order) {
        file.will_read(*info);
        const auto flawed = read_tensor(file, *info, reading);
        file.done_with(*info);
        if (!flawed || ++summary.invalid > kMostFindings) continue;
        findings.push_back({FindingId::invalid_data, describe(*info, *flawed)});
    }
    if (summary.invalid > kMostFindings)
        findings.push_back({FindingId::invalid_data, fmt::format("{} more tensors hold numbers that are none",
                                                                 summary.invalid - kMostFindings)});
    return summary;
}

}  // namespace attnx::analysis
