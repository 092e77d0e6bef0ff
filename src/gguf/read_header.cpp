#include <fmt/format.h>

#include <bit>

#include "attnx/base/error.h"
#include "limits.h"
#include "load.h"
#include "read.h"

namespace attnx::gguf {
namespace {

constexpr std::string_view kMagic = "GGUF";
constexpr std::uint32_t kNewestVersion = 3;

std::string_view as_text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void check_magic(const Source& source) {
    const std::string_view text =
        as_text(source.bytes.first(std::min<std::size_t>(source.bytes.size(), kMagic.size())));
    if (text == kMagic) return;
    if (kMagic.starts_with(text))
        throw Error(ErrorCode::truncated, fmt::format("the file ends inside its magic: it has {} bytes", text.size()),
                    {source.path, 0, {}});
    const std::string_view looks_like = recognise(source.bytes);
    throw Error(ErrorCode::not_gguf,
                looks_like.empty() ? fmt::format("the file begins with \"{}\", not with \"GGUF\"", text)
                                   : fmt::format("not a GGUF file: this looks like {}", looks_like),
                {source.path, 0, {}});
}

bool is_known(std::uint32_t version) { return version >= 1 && version <= kNewestVersion; }

void take_version(const Source& source, Header& header) {
    const std::byte* at = source.bytes.data() + kMagic.size();
    const auto read = read_version(at);
    if (!read) {
        const auto little = load<std::uint32_t>(at, std::endian::little);
        throw Error(ErrorCode::unsupported_version,
                    fmt::format("GGUF version {}; this attnx reads versions 1 to {}",
                                (little & 0xFFFF) == 0 ? swap_bytes(little) : little, kNewestVersion),
                    {source.path, kMagic.size(), {}});
    }
    header.version = read->version;
    header.layout = read->layout;
    if (header.version < kNewestVersion)
        source.findings.add(FindingId::old_version, [&] { return fmt::format("GGUF version {}", header.version); });
    if (header.layout.order == std::endian::big)
        source.findings.add(FindingId::big_endian, [] { return std::string("all numbers are stored big-endian"); });
}

// A count can be checked against the file before anything is read: each record has a smallest size.
void check_count(const Source& source, std::uint64_t count, std::uint64_t smallest, std::string_view what,
                 std::uint64_t count_offset, std::uint64_t left) {
    if (count <= left / smallest && count <= kMaxRecords) return;
    throw Error(ErrorCode::bad_count,
                fmt::format("the header announces {} {}, but the {} bytes that follow can hold at most {}", count, what,
                            left, std::min(left / smallest, kMaxRecords)),
                {source.path, count_offset, {}});
}

}  // namespace

// A file of the other byte order shows its version swapped: 3 reads as 0x03000000.
std::optional<VersionRead> read_version(const std::byte* bytes) {
    for (const std::endian order : {std::endian::little, std::endian::big}) {
        const auto version = load<std::uint32_t>(bytes, order);
        if (is_known(version)) return VersionRead{version, {order, static_cast<std::uint8_t>(version == 1 ? 4 : 8)}};
    }
    return std::nullopt;
}

Header read_header(const Source& source) {
    if (source.bytes.empty()) throw Error(ErrorCode::empty_file, "the file is empty", {source.path, {}, {}});
    check_magic(source);
    Header header;
    constexpr std::uint64_t kCountsOffset = 8;
    if (source.bytes.size() < kCountsOffset)
        throw Error(ErrorCode::truncated,
                    fmt::format("the file ends inside its version: it has {} bytes", source.bytes.size()),
                    {source.path, kMagic.size(), {}});
    take_version(source, header);
    const std::uint64_t word = header.layout.length_bytes;
    header.metadata_offset = kCountsOffset + 2 * word;
    if (source.bytes.size() < header.metadata_offset)
        throw Error(ErrorCode::truncated,
                    fmt::format("the file has {} bytes, less than the {} of a header", source.bytes.size(),
                                header.metadata_offset),
                    {source.path, kCountsOffset, {}});
    header.tensor_count = load_length(source.bytes.data() + kCountsOffset, header.layout);
    header.metadata_count = load_length(source.bytes.data() + kCountsOffset + word, header.layout);
    const std::uint64_t left = source.bytes.size() - header.metadata_offset;
    // length word, dimension count, type, offset; length word, value type, one byte of value
    check_count(source, header.tensor_count, word + 4 + 4 + 8, "tensors", kCountsOffset, left);
    check_count(source, header.metadata_count, word + 4 + 1, "metadata records", kCountsOffset + word, left);
    return header;
}

}  // namespace attnx::gguf
