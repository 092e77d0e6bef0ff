#include "whole_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "attnx/base/error.h"

namespace attnx::cli {

WholeFile::WholeFile(std::string path)
    : path_(std::move(path)), part_(path_ + ".part"), part_goes_(part_), file_(std::fopen(part_.c_str(), "wb")) {
    if (file_ == nullptr) fail();
}

WholeFile::~WholeFile() {
    if (file_ == nullptr) return;
    std::fclose(file_);
    std::remove(part_.c_str());
}

void WholeFile::write(const void* data, std::size_t bytes) {
    if (std::fwrite(data, 1, bytes, file_) != bytes) fail();
    at_ += bytes;
}

void WholeFile::seek(std::uint64_t offset) {
    if (offset == at_) return;  // seeking empties the buffer
    if (fseeko(file_, static_cast<off_t>(offset), SEEK_SET) != 0) fail();
    at_ = offset;
}

void WholeFile::extend_to(std::uint64_t size) {
    if (std::fflush(file_) != 0 || ftruncate(fileno(file_), static_cast<off_t>(size)) != 0) fail();
}

void WholeFile::finish() {
    std::FILE* const file = std::exchange(file_, nullptr);
    if (std::fclose(file) != 0 || std::rename(part_.c_str(), path_.c_str()) != 0) {
        const int reason = errno;
        std::remove(part_.c_str());
        errno = reason;
        fail();
    }
}

void WholeFile::fail() const {
    throw Error(ErrorCode::write_failed, fmt::format("cannot write: {}", std::strerror(errno)), {path_, std::nullopt, {}});
}

}  // namespace attnx::cli
