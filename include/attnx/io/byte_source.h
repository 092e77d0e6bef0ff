// io: the bytes of one file, wherever it lies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "attnx/io/mapped_file.h"

namespace attnx::io {

class ByteSource {
public:
    virtual ~ByteSource() = default;

    // As many as the file has; those that ensure() was not called for may read as zeros.
    virtual std::span<const std::byte> bytes() const = 0;
    // Throws when these cannot be had. From several threads at once.
    virtual void ensure(std::uint64_t first, std::uint64_t size) const = 0;
    // Throws file_changed when the file is by now shorter than its bytes.
    virtual void expect_unchanged() const = 0;
    // Hints; see MappedFile.
    virtual void advise(std::uint64_t first, std::uint64_t size, Access access) const = 0;
};

}  // namespace attnx::io
