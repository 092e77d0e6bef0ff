#include "attnx/io/reserved.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "attnx/base/checked.h"
#include "attnx/base/error.h"
#include "attnx/base/units.h"
#include "system.h"

namespace attnx::io {
namespace {

std::uint64_t page_size() {
    static const auto size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return size;
}

[[noreturn]] void no_room(std::uint64_t size, int error) {
    throw Error(ErrorCode::out_of_memory,
                fmt::format("no room for a file of {}: {}", format_bytes(size), reason(error)));
}

}  // namespace

// Readable only: what cannot be written counts for no limit of memory.
Reserved::Reserved(std::uint64_t size) {
    if (size == 0) return;
    void* place = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (place == MAP_FAILED) no_room(size, errno);
    bytes_ = {static_cast<std::byte*>(place), size};
}

Reserved::~Reserved() {
    if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

std::span<std::byte> Reserved::open(std::uint64_t first, std::uint64_t size) {
    if (size == 0) return {};
    const std::span<std::byte> part = attnx::part(bytes_, first, size, "bytes of a file");
    const std::uint64_t begin = first / page_size() * page_size();
    if (::mprotect(bytes_.data() + begin, first + size - begin, PROT_READ | PROT_WRITE) != 0) no_room(size, errno);
    return part;
}

Reserved::Part Reserved::give_back(std::uint64_t first, std::uint64_t size) {
    const std::uint64_t begin = align_up(first, page_size()), end = (first + size) / page_size() * page_size();
    if (begin >= end) return {};
    ::madvise(bytes_.data() + begin, end - begin, MADV_DONTNEED);
    return {begin, end};
}

}  // namespace attnx::io
