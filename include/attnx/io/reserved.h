// io: memory as large as a file, of which there is as much as was asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace attnx::io {

// For a file that is not on this machine: what is brought here lies where it lies in the file, the rest reads as zeros
// and takes no memory. Throws out_of_memory when there are not as many addresses, or not as much memory.
class Reserved {
public:
    explicit Reserved(std::uint64_t size);
    Reserved(const Reserved&) = delete;
    Reserved& operator=(const Reserved&) = delete;
    ~Reserved();

    std::span<const std::byte> bytes() const { return bytes_; }
    // To be written, which others may not read meanwhile; what lies beside it keeps its content.
    std::span<std::byte> open(std::uint64_t first, std::uint64_t size);
    // Whole pages of it read as zeros again; which: [first, end).
    struct Part {
        std::uint64_t first = 0, end = 0;
    };
    Part give_back(std::uint64_t first, std::uint64_t size);

private:
    std::span<std::byte> bytes_;
};

}  // namespace attnx::io
