// An output file that appears under its name only when it is complete. Private to cli.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "interruption.h"

namespace attnx::cli {

// Written as PATH.part, which is removed unless finish() is reached. All throw Error{write_failed}.
class WholeFile {
public:
    explicit WholeFile(std::string path);
    WholeFile(const WholeFile&) = delete;
    WholeFile& operator=(const WholeFile&) = delete;
    ~WholeFile();

    void write(const void* data, std::size_t bytes);
    void write(std::string_view text) { write(text.data(), text.size()); }
    // Goes on at `offset`; what is skipped reads as zeros.
    void seek(std::uint64_t offset);
    // At least so long, zeros where nothing was written.
    void extend_to(std::uint64_t size);
    void finish();

private:
    [[noreturn]] void fail() const;

    std::string path_, part_;
    RemovedIfInterrupted part_goes_;
    std::FILE* file_;
    std::uint64_t at_ = 0;
};

}  // namespace attnx::cli
