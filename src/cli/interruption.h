// What Ctrl-C leaves behind: a message, exit status 2 and no half-written files. Private to cli.
#pragma once

#include <cstddef>
#include <string>

namespace attnx::cli {

// From now on SIGINT, SIGTERM and SIGHUP end the process that way. One that is ignored (nohup) stays ignored.
void handle_interruption();

// While it lives, an interruption removes the file.
class RemovedIfInterrupted {
public:
    explicit RemovedIfInterrupted(std::string path);
    RemovedIfInterrupted(const RemovedIfInterrupted&) = delete;
    RemovedIfInterrupted& operator=(const RemovedIfInterrupted&) = delete;
    ~RemovedIfInterrupted();

private:
    std::string path_;
    std::size_t slot_;
};

}  // namespace attnx::cli
