#include "attnx/io/mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "attnx/base/checked.h"
#include "attnx/base/error.h"
#include "attnx/io/bus_guard.h"
#include "system.h"

namespace attnx::io {
namespace {

std::string_view kind_of(mode_t mode) {
    if (S_ISDIR(mode)) return "a directory";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
}

// O_NONBLOCK: opening a FIFO nobody writes to must not wait. It has no effect on regular files.
Descriptor open_regular(const std::string& path, struct stat& status) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        // A socket cannot be opened at all (ENXIO); say what it is rather than "No such device".
        const int error = errno;
        if (error == ENXIO && ::stat(path.c_str(), &status) == 0)
            throw Error(ErrorCode::not_a_file, fmt::format("this is {}, not a file", kind_of(status.st_mode)),
                        {path, {}, {}});
        throw Error(ErrorCode::cannot_open, fmt::format("cannot open the file: {}", reason(error)), {path, {}, {}});
    }
    Descriptor descriptor(fd);
    if (::fstat(fd, &status) != 0)
        throw Error(ErrorCode::read_failed, fmt::format("cannot ask for the file's size: {}", reason(errno)),
                    {path, {}, {}});
    if (!S_ISREG(status.st_mode))
        throw Error(ErrorCode::not_a_file, fmt::format("this is {}, not a file", kind_of(status.st_mode)),
                    {path, {}, {}});
    return descriptor;
}

}  // namespace

struct MappedFile::Mapping {
    std::filesystem::path path;
    Descriptor descriptor;
    std::span<const std::byte> bytes;
    WatchedRange watched;

    Mapping(std::filesystem::path name, Descriptor fd, std::span<const std::byte> mapped)
        : path(std::move(name)), descriptor(std::move(fd)), bytes(mapped), watched(mapped, path.string()) {}
    ~Mapping() { ::munmap(const_cast<std::byte*>(bytes.data()), bytes.size()); }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
};

MappedFile::MappedFile(std::unique_ptr<Mapping> mapping) : mapping_(std::move(mapping)) {}
MappedFile::MappedFile(MappedFile&&) noexcept = default;
MappedFile& MappedFile::operator=(MappedFile&&) noexcept = default;
MappedFile::~MappedFile() = default;

std::span<const std::byte> MappedFile::bytes() const { return mapping_->bytes; }
const std::filesystem::path& MappedFile::path() const { return mapping_->path; }

MappedFile MappedFile::open(const std::filesystem::path& path) {
    const std::string name = path.string();
    struct stat status = {};
    Descriptor descriptor = open_regular(name, status);
    const auto size = checked_narrow<std::size_t>(status.st_size);
    if (!size || *size > static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()))
        throw Error(ErrorCode::read_failed, fmt::format("a size of {} bytes cannot be mapped", status.st_size),
                    {name, {}, {}});
    if (*size == 0) throw Error(ErrorCode::empty_file, "the file is empty", {name, {}, {}});
    void* address = ::mmap(nullptr, *size, PROT_READ, MAP_PRIVATE, descriptor.get(), 0);
    if (address == MAP_FAILED)
        throw Error(ErrorCode::read_failed, fmt::format("cannot map the file: {}", reason(errno)), {name, {}, {}});
    return MappedFile(std::make_unique<Mapping>(path, std::move(descriptor),
                                                std::span(static_cast<const std::byte*>(address), *size)));
}

void MappedFile::require_size(std::uint64_t needed_bytes) const {
    struct stat status = {};
    if (::fstat(mapping_->descriptor.get(), &status) != 0)
        throw Error(ErrorCode::read_failed, fmt::format("cannot ask for the file's size: {}", reason(errno)),
                    {path().string(), {}, {}});
    if (static_cast<std::uint64_t>(status.st_size) >= needed_bytes) return;
    throw Error(
        ErrorCode::file_changed,
        fmt::format("the file had {} bytes and now has {}: it was shortened or replaced while it was being read",
                    bytes().size(), status.st_size),
        {path().string(), {}, {}});
}

void MappedFile::advise(std::uint64_t offset, std::uint64_t length, Access access) const {
    const auto part = checked_subspan(bytes(), offset, length);
    if (!part || part->empty()) return;
    static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto begin = reinterpret_cast<std::uintptr_t>(part->data());
    const std::uintptr_t end = begin + part->size();
    // Widened to whole pages, except when giving pages back: a neighbour may still be read.
    std::uintptr_t first = begin / page * page;
    std::uintptr_t last = end;
    int advice = MADV_WILLNEED;
    if (access == Access::sequential) advice = MADV_SEQUENTIAL;
    if (access == Access::random) advice = MADV_RANDOM;
    if (access == Access::done) {
        advice = MADV_DONTNEED;
        first = (begin + page - 1) / page * page;
        last = end / page * page;
    }
    if (first >= last) return;
    const auto from_part = static_cast<std::ptrdiff_t>(first) - static_cast<std::ptrdiff_t>(begin);
    ::madvise(const_cast<std::byte*>(part->data()) + from_part, last - first, advice);
}

}  // namespace attnx::io
