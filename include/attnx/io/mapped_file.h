// io: a file mapped read-only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace attnx::io {

enum class Access : std::uint8_t { sequential, random, will_need, done };

// Owns a private read-only mapping (O_RDONLY, PROT_READ, MAP_PRIVATE) of a regular file. Move-only: a copy would be a
// second mapping. The bytes live as long as the object. Throws cannot_open, not_a_file (directory, FIFO, device),
// empty_file, read_failed. Touching bytes of a file that was shortened meanwhile raises SIGBUS: see bus_guard.h.
class MappedFile {
public:
    static MappedFile open(const std::filesystem::path& path);

    MappedFile(MappedFile&&) noexcept;
    MappedFile& operator=(MappedFile&&) noexcept;
    ~MappedFile();

    std::span<const std::byte> bytes() const;
    const std::filesystem::path& path() const;

    // Throws file_changed when the file is by now shorter than `needed_bytes`. One fstat.
    void require_size(std::uint64_t needed_bytes) const;

    // Tells the kernel how [offset, offset+length) will be used; hints only, never fails.
    void advise(std::uint64_t offset, std::uint64_t length, Access access) const;

private:
    struct Mapping;
    explicit MappedFile(std::unique_ptr<Mapping> mapping);

    std::unique_ptr<Mapping> mapping_;
};

}  // namespace attnx::io
