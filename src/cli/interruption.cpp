#include "interruption.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string_view>

#include "attnx/base/error.h"
#include "attnx/cli/command.h"
#include "process.h"

namespace attnx::cli {
namespace {

// Read by the signal handler, so: no locks, no allocation. One slot per file written at a time.
std::array<std::atomic<const char*>, 16> unfinished_files = {};
static_assert(std::atomic<const char*>::is_always_lock_free);

void end(int) {
    constexpr std::string_view kClearLine = "\r\x1b[K";  // of progress
    if (isatty(STDERR_FILENO) == 1) write_stderr(kClearLine);
    bool removed = false;
    for (const auto& file : unfinished_files) {
        const char* const path = file.load();
        if (path != nullptr && unlink(path) == 0) removed = true;
    }
    write_stderr(removed ? "attnx: interrupted; unfinished files were removed\n" : "attnx: interrupted\n");
    _exit(static_cast<int>(ExitCode::not_answered));
}

}  // namespace

void handle_interruption() {
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction action = {};
        if (sigaction(number, nullptr, &action) != 0 || action.sa_handler == SIG_IGN) continue;
        action.sa_handler = end;
        sigfillset(&action.sa_mask);
        sigaction(number, &action, nullptr);
    }
}

RemovedIfInterrupted::RemovedIfInterrupted(std::string path) : path_(std::move(path)), slot_(0) {
    for (; slot_ < unfinished_files.size(); ++slot_) {
        const char* free = nullptr;
        if (unfinished_files[slot_].compare_exchange_strong(free, path_.c_str())) return;
    }
    throw Error(ErrorCode::usage, "more files are asked for than can be written at once");
}

RemovedIfInterrupted::~RemovedIfInterrupted() { unfinished_files[slot_].store(nullptr); }

}  // namespace attnx::cli
