#include "attnx/gguf/file.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "attnx/base/checked.h"
#include "attnx/base/error.h"
#include "attnx/io/mapped_file.h"
#include "data_layout.h"
#include "file_state.h"
#include "finding_log.h"
#include "read.h"
#include "split.h"

namespace attnx::gguf {

namespace {

// Header and metadata; tensors come when it is known which part of what this is.
Shard read_shard(std::span<const std::byte> bytes, const std::string& path, FindingLog& log) {
    const Source source{bytes, path, log};
    Shard shard{
        .path = path, .size_bytes = bytes.size(), .header = read_header(source), .bytes = bytes, .metadata = {}};
    shard.metadata = read_metadata(source, shard.header);
    return shard;
}

// A file of this machine.
class MappedSource final : public io::ByteSource {
public:
    explicit MappedSource(const std::filesystem::path& path) : file_(io::MappedFile::open(path)) {}
    std::span<const std::byte> bytes() const override { return file_.bytes(); }
    void ensure(std::uint64_t first, std::uint64_t size) const override { file_.require_size(first + size); }
    void expect_unchanged() const override { file_.require_size(file_.bytes().size()); }
    void advise(std::uint64_t first, std::uint64_t size, io::Access access) const override {
        file_.advise(first, size, access);
    }

private:
    io::MappedFile file_;
};

std::unique_ptr<io::ByteSource> map_file(const std::filesystem::path& path, bool may_be_absent) {
    std::error_code error;
    if (may_be_absent && !std::filesystem::exists(path, error) && !error) return nullptr;
    return std::make_unique<MappedSource>(path);
}

Error missing_part(const SplitSet& set, std::uint32_t index) {
    const std::filesystem::path path = set.part(index);
    return {ErrorCode::missing_shard,
            fmt::format("part {} of {} is missing: no file {}", index + 1, set.count, path.filename().string()),
            {path.string(), {}, {}}};
}

std::vector<std::uint32_t> index_by_name(std::span<const TensorInfo> tensors, std::span<const Shard> shards) {
    std::vector<std::uint32_t> order(tensors.size());
    std::iota(order.begin(), order.end(), 0u);
    std::ranges::sort(order, {}, [&](std::uint32_t i) { return std::pair(tensors[i].name, i); });
    const auto same = [&](std::uint32_t a, std::uint32_t b) { return tensors[a].name == tensors[b].name; };
    const auto twice = std::ranges::adjacent_find(order, same);
    if (twice == order.end()) return order;
    const TensorInfo& first = tensors[*twice];
    const TensorInfo& second = tensors[*std::next(twice)];
    throw Error(ErrorCode::duplicate_tensor,
                fmt::format("tensor {} occurs twice, first at byte {}{}", second.name, first.record_offset,
                            first.shard == second.shard ? "" : " of " + shards[first.shard].path),
                {shards[second.shard].path, second.record_offset, std::string(second.name)});
}

}  // namespace

// Whoever reads these numbers has to know; who cannot is told so there.
void File::State::read_basis(FindingLog& log) {
    try {
        basis = gguf::stored_basis(shards.front().metadata);
        if (!basis) return;
        log.add(FindingId::rotated_weights, [&] {
            return fmt::format("{} tensors are stored in a rotated basis ({}*), and turned back where they are read",
                               basis->matrices.size() + basis->tables.size(), kStoredBasisKeys);
        });
    } catch (const Error& error) {
        basis_error = error;
        log.add(FindingId::rotated_weights, [&] {
            return fmt::format("weights are stored in a rotated basis that cannot be undone: {}", error.message());
        });
    }
}

// Everything that needs all shards.
void File::State::finish(FindingLog& log, OpenOptions options) {
    for (std::uint32_t i = 0; i < shards.size(); ++i) {
        if (shards.size() > 1) log.set_part(std::filesystem::path(shards[i].path).filename().string());
        read_tensors({shards[i].bytes, shards[i].path, log}, shards[i].header, i, options.allow_truncated_data,
                     tensors);
    }
    log.set_part({});
    note_unknown_types(tensors, log);
    read_basis(log);
    by_name = index_by_name(tensors, shards);
    for (std::uint32_t i = 0; i < shards.size(); ++i) {
        if (shards.size() > 1) log.set_part(std::filesystem::path(shards[i].path).filename().string());
        note_layout(lay_out(shards[i], tensors_of(tensors, i)), log);
    }
    // What was read is worth nothing if the file was shortened meanwhile.
    for (const auto& source : sources) source->expect_unchanged();
}

File::File(std::unique_ptr<State> state) : state_(std::move(state)) {}
File::File(File&&) noexcept = default;
File& File::operator=(File&&) noexcept = default;
File::~File() = default;

void File::State::read_alone(std::span<const std::byte> bytes, OpenOptions options) {
    FindingLog log;
    shards.push_back(read_shard(bytes, path, log));
    finish(log, options);
    findings = log.take();
}

// Whoever reads a header alone was not shown the data: that is no fault of the file.
void File::State::suppose_data() {
    std::uint64_t& size = shards.front().size_bytes;
    for (const TensorInfo& info : tensors)
        size = std::max(size, checked_add(info.offset, info.bytes.value_or(0)).value_or(size));
    std::erase_if(findings, [](const Finding& finding) { return finding.id == FindingId::truncated_data; });
}

File File::from_bytes(std::span<const std::byte> bytes, std::string name, OpenOptions options) {
    auto state = std::make_unique<State>();
    state->path = std::move(name);
    state->read_alone(bytes, options);
    return File(std::move(state));
}

File File::from_pipe(std::string bytes, std::string name, OpenOptions options) {
    auto state = std::make_unique<State>();
    state->path = std::move(name);
    state->kept = std::move(bytes);
    state->read_alone(std::as_bytes(std::span(state->kept)), options);
    state->suppose_data();
    const Value* parts = state->shards.front().metadata.find("split.count");
    const std::uint64_t count = parts == nullptr ? 1 : parts->to_unsigned().value_or(1);
    if (count > 1) {
        state->parts_missing = static_cast<std::uint32_t>(std::min<std::uint64_t>(count - 1, UINT32_MAX));
        state->findings.push_back(
            {FindingId::truncated_data, fmt::format("one of {} parts alone: tensors and sizes are its own", count)});
    }
    return File(std::move(state));
}

File File::open(const std::filesystem::path& path, OpenOptions options) { return open(path, options, map_file, false); }

File File::open(const std::filesystem::path& path, OpenOptions options, const OpenSource& source) {
    return open(path, options, source, true);
}

File File::open(const std::filesystem::path& path, OpenOptions options, const OpenSource& source, bool elsewhere) {
    auto state = std::make_unique<State>();
    FindingLog log;
    state->path = path.string();
    state->elsewhere = elsewhere;
    auto named = source(path, false);
    Shard shard = read_shard(named->bytes(), state->path, log);
    const auto set = options.join_split ? find_split_set(shard, path, log) : std::nullopt;
    const std::uint32_t own = set ? set->own : 0;
    std::vector<std::uint32_t> absent;  // counted from 1
    const auto add_part = [&](std::uint32_t i) {
        const std::filesystem::path path_of_part = set->part(i);
        auto part = source(path_of_part, true);
        // The first part describes the model; it alone cannot be done without.
        if (!part && options.allow_missing_parts && i != 0) return absent.push_back(i + 1);
        if (!part) throw missing_part(*set, i);
        log.set_part(path_of_part.filename().string());
        state->shards.push_back(read_shard(part->bytes(), path_of_part.string(), log));
        state->sources.push_back(std::move(part));
        check_part(state->shards.back(), *set, i);
    };
    for (std::uint32_t i = 0; i < own; ++i) add_part(i);
    state->sources.push_back(std::move(named));
    state->shards.push_back(std::move(shard));
    for (std::uint32_t i = own + 1; set && i < set->count; ++i) add_part(i);
    state->finish(log, options);
    log.set_part({});
    state->parts_missing = static_cast<std::uint32_t>(absent.size());
    if (!absent.empty())
        log.add(FindingId::truncated_data, [&] {
            return fmt::format("of {} parts {} {} missing ({}, …): tensors and sizes are those of the others",
                               set->count, absent.size(), absent.size() == 1 ? "is" : "are",
                               set->part(absent.front() - 1).filename().string());
        });
    if (set && absent.empty()) check_total(state->shards.front(), state->tensors.size(), log);
    state->findings = log.take();
    return File(std::move(state));
}

}  // namespace attnx::gguf
