// io: a file mapped read-only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace attnx::io {

enum class Access : std::uint8_t { sequential, random, will_need, done };

// Owns a private read-only mapping (O_RDONLY, PROT_READ, MAP_PRIVATE) of a regular file. Move-only: a copy would be a second mapping.
// The bytes live as long as the object. Throws cannot_open, not_a_file (directory, FIFO, device), empty_file, read_failed.
class MappedFile {
public:
    static MappedFile open(const std::filesystem::path& path);

    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    ~MappedFile();

    std::span<const std::byte> bytes() const { return bytes_; }
    const std::filesystem::path& path() const { return path_; }

    // Tells the kernel how [offset, offset+length) will be used; hints only, never fails.
    void advise(std::uint64_t offset, std::uint64_t length, Access access) const;

private:
    MappedFile(std::filesystem::path path, std::span<const std::byte> bytes);

    std::filesystem::path path_;
    std::span<const std::byte> bytes_;
};

}  // namespace attnx::io
