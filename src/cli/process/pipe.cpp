#include "pipe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "attnx/base/error.h"

namespace attnx::cli {
namespace {

void close_end(int& end) {
    if (end >= 0) close(end);
    end = -1;
}

}  // namespace

Pipe::Pipe() {
    if (pipe(ends_.data()) != 0) throw Error(ErrorCode::internal, fmt::format("a pipe: {}", std::strerror(errno)));
    for (const int end : ends_) fcntl(end, F_SETFD, FD_CLOEXEC);
}

Pipe::~Pipe() {
    close_reading();
    close_writing();
}

void Pipe::close_reading() { close_end(ends_[0]); }
void Pipe::close_writing() { close_end(ends_[1]); }

void Pipe::feed(std::string_view text) {
    const auto before = signal(SIGPIPE, SIG_IGN);
    while (!text.empty()) {
        const ssize_t written = write(writing(), text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) break;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    signal(SIGPIPE, before);
}

}  // namespace attnx::cli
