// Tensors of types that this attnx does not know: what can be said of them all the same.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <vector>

#include "attnx/base/checked.h"
#include "read.h"

namespace attnx::gguf {
namespace {

struct UnknownTypes {
    std::set<std::uint32_t> types;
    const TensorInfo* first = nullptr;
    std::uint64_t tensors = 0, sized = 0;

    void add(const TensorInfo& info) {
        types.insert(info.type_id);
        if (first == nullptr) first = &info;
        ++tensors;
        if (info.bytes) ++sized;
    }
};

std::string sizes_text(const UnknownTypes& met) {
    const bool alone = met.tensors == 1;
    if (met.sized == met.tensors) return alone ? "its size is told by offsets" : "their sizes are told by offsets";
    if (met.sized == 0)
        return alone ? "its size is unknown, and in no total" : "their sizes are unknown, and in no total";
    return fmt::format("sizes are told by offsets, but of {} unknown, and in no total", met.tensors - met.sized);
}

std::string describe(const UnknownTypes& met, std::string_view who) {
    if (met.tensors == 1)
        return fmt::format("tensor {} has type {}, which {}; {}", met.first->name, met.first->type_id, who,
                           sizes_text(met));
    constexpr std::size_t kNamed = 8;  // a hostile file may have any number
    std::vector<std::uint32_t> named(met.types.begin(), met.types.end());
    const bool more = named.size() > kNamed;
    named.resize(std::min(named.size(), kNamed));
    return fmt::format("{} tensors (the first is {}) have the types {}{}, which {}; {}", met.tensors, met.first->name,
                       fmt::join(named, ", "), more ? ", …" : "", who, sizes_text(met));
}

}  // namespace

std::optional<std::uint64_t> bytes_of(std::span<const TensorInfo> tensors) {
    std::optional<std::uint64_t> sum = 0;
    for (const TensorInfo& info : tensors) {
        if (!info.bytes) return std::nullopt;
        sum = checked_add(*sum, *info.bytes);
        if (!sum) return std::nullopt;
    }
    return sum;
}

void size_by_offsets(std::span<TensorInfo> tensors_of_shard, std::uint64_t shard_bytes) {
    if (std::ranges::all_of(tensors_of_shard, [](const TensorInfo& info) { return info.bytes.has_value(); })) return;
    std::vector<TensorInfo*> order;
    order.reserve(tensors_of_shard.size());
    bool cut_short = false;  // then the end of the file ends nothing
    for (TensorInfo& info : tensors_of_shard) {
        order.push_back(&info);
        cut_short |= info.offset + info.bytes.value_or(0) > shard_bytes;
    }
    std::ranges::sort(order, {}, &TensorInfo::offset);
    for (std::size_t i = 0; i < order.size(); ++i) {
        const bool last = i + 1 == order.size();
        if (order[i]->bytes || (last && cut_short)) continue;
        const std::uint64_t end = last ? shard_bytes : order[i + 1]->offset;
        if (end > order[i]->offset) order[i]->bytes = end - order[i]->offset;
    }
}

void note_unknown_types(std::span<const TensorInfo> tensors, FindingLog& findings) {
    UnknownTypes removed, unknown;
    for (const TensorInfo& info : tensors)
        if (info.type == nullptr) (is_removed_tensor_type(info.type_id) ? removed : unknown).add(info);
    if (removed.tensors > 0)
        findings.add(FindingId::removed_tensor_type, [&] { return describe(removed, "ggml no longer reads"); });
    if (unknown.tensors > 0)
        findings.add(FindingId::unknown_tensor_type, [&] { return describe(unknown, "this attnx does not know"); });
}

}  // namespace attnx::gguf
