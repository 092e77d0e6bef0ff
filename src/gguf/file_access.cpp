// What is asked of an open file.
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "attnx/base/checked.h"
#include "file_state.h"

namespace attnx::gguf {

const std::string& File::path() const { return state_->path; }
std::span<const Shard> File::shards() const { return state_->shards; }
const Header& File::header() const { return state_->shards.front().header; }
const Metadata& File::metadata() const { return state_->shards.front().metadata; }
std::span<const TensorInfo> File::tensors() const { return state_->tensors; }
bool File::is_elsewhere() const { return state_->elsewhere; }
std::uint32_t File::parts_missing() const { return state_->parts_missing; }
const StoredBasis* File::stored_basis() const {
    if (state_->basis_error) throw *state_->basis_error;
    return state_->basis ? &*state_->basis : nullptr;
}
const Findings& File::findings() const { return state_->findings; }

std::uint64_t File::size_bytes() const {
    std::uint64_t sum = 0;
    for (const Shard& shard : state_->shards) sum += shard.size_bytes;
    return sum;
}

const TensorInfo* File::find_tensor(std::string_view name) const {
    const auto name_of = [this](std::uint32_t i) { return state_->tensors[i].name; };
    const auto found = std::ranges::lower_bound(state_->by_name, name, {}, name_of);
    return found != state_->by_name.end() && name_of(*found) == name ? &state_->tensors[*found] : nullptr;
}

std::span<const std::byte> File::data(const TensorInfo& info) const {
    const std::span<const std::byte> bytes = place(info);
    ensure(info, 0, bytes.size());
    return bytes;
}

void File::ensure(const TensorInfo& info, std::uint64_t first, std::uint64_t size) const {
    if (!state_->sources.empty()) state_->sources[info.shard]->ensure(info.offset + first, size);
}

std::span<const std::byte> File::place(const TensorInfo& info) const {
    const Shard& shard = state_->shards[info.shard];
    const auto place = [&] { return Where{shard.path, info.record_offset, std::string(info.name)}; };
    if (info.type == nullptr)
        throw Error(ErrorCode::unknown_tensor_type,
                    fmt::format("tensor {} has type {}, whose size and meaning are unknown", info.name, info.type_id),
                    place());
    const std::uint64_t size = *info.bytes;  // a known type has one
    const auto bytes = checked_subspan(shard.bytes, info.offset, size);
    if (!bytes)
        throw Error(ErrorCode::tensor_out_of_range,
                    fmt::format("tensor {} ends {} bytes past the end of the file", info.name,
                                info.offset + size - shard.size_bytes),
                    place());
    return *bytes;
}

void File::will_read(const TensorInfo& info) const { will_read(info, 0, info.bytes.value_or(0)); }

void File::will_read(const TensorInfo& info, std::uint64_t first, std::uint64_t size) const {
    if (!state_->sources.empty()) state_->sources[info.shard]->advise(info.offset + first, size, io::Access::will_need);
}

void File::done_with(const TensorInfo& info) const {
    const TensorInfo* const one = &info;
    done_with({&one, 1});
}

void File::will_read(TensorList tensors) const { advise(tensors, false); }

void File::done_with(TensorList tensors) const { advise(tensors, true); }

void File::advise(TensorList tensors, bool done) const {
    constexpr std::uint64_t kGap = 4096;  // padding, or a tensor of a page at most
    if (state_->sources.empty()) return;
    std::vector<const TensorInfo*> sorted(tensors.begin(), tensors.end());
    std::ranges::sort(sorted, {}, [](const TensorInfo* info) { return std::pair(info->shard, info->offset); });
    for (std::size_t i = 0; i < sorted.size();) {
        const TensorInfo& first = *sorted[i];
        std::uint64_t end = first.offset;
        for (; i < sorted.size() && sorted[i]->shard == first.shard && sorted[i]->offset <= add_up(end, kGap); ++i)
            end = std::max(end, add_up(sorted[i]->offset, sorted[i]->bytes.value_or(0)));
        if (end == first.offset) continue;
        state_->sources[first.shard]->advise(first.offset, end - first.offset,
                                             done ? io::Access::done : io::Access::will_need);
    }
}

}  // namespace attnx::gguf
