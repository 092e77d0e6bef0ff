// What every system call needs: a descriptor that closes itself, a reason for the user. Private to io.
#pragma once

#include <unistd.h>

#include <string>
#include <system_error>
#include <utility>

namespace attnx::io {

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const { return fd_; }

private:
    int fd_;
};

// "No space left on device"
inline std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace attnx::io
