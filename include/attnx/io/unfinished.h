// io: files that must not outlive a process which is ended by a signal.
#pragma once

#include <csignal>
#include <string>

namespace attnx::io {

// For signal handlers that end the process, with all signals blocked: removes every unfinished file and says whether
// there was one. Async-signal-safe. Of several threads that come here one returns, the others wait for the end of the
// process.
bool remove_unfinished_files() noexcept;

// While it lives in a thread, no handler removes files: what is done meanwhile is done as a whole, or not begun. Keep
// it short.
class Uninterrupted {
public:
    Uninterrupted() noexcept;
    Uninterrupted(const Uninterrupted&) = delete;
    Uninterrupted& operator=(const Uninterrupted&) = delete;
    ~Uninterrupted();

private:
    sigset_t blocked_before_;
};

// While it lives, the file goes when the process does. The object itself removes nothing.
class Unfinished {
public:
    explicit Unfinished(std::string path);
    Unfinished(const Unfinished&) = delete;
    Unfinished& operator=(const Unfinished&) = delete;
    ~Unfinished();

    const std::string& path() const { return path_; }

private:
    std::string path_;
    struct UnfinishedSlot* slot_;
};

}  // namespace attnx::io
