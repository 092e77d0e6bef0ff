// gguf: how long a header is, told by its beginning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace attnx::gguf {

struct HeaderSize {
    std::uint64_t bytes = 0;  // header and tensor table, from the file's first byte on
    bool exact = false;       // otherwise guessed, a little more rather than less
};

// For whoever reads a header piece by piece: how many bytes of the file it takes, of `file_bytes`. Lengths that are
// there are heeded, texts that were cut off are supposed to be as long as those before. Where something is no header,
// and no more bytes would help, that is its exact end. Takes anything.
HeaderSize header_size(std::span<const std::byte> beginning, std::uint64_t file_bytes);

}  // namespace attnx::gguf
