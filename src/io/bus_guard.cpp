#include "attnx/io/bus_guard.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <string>

#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "attnx/io/unfinished.h"

namespace attnx::io {

struct WatchedRange::Entry {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    std::string line;      // composed beforehand: a signal handler may not allocate
    std::size_t slot = 0;  // in g_ranges, or its size when there was no room
};

namespace {

// The one piece of process-wide state below cli: a signal handler has nothing else to look at.
// Lock-free, because the handler may interrupt a thread in the middle of registering.
struct Slot {
    std::atomic<std::uintptr_t> begin{0};
    std::atomic<std::uintptr_t> end{0};
    std::atomic<const std::string*> line{nullptr};
    std::atomic<bool> taken{false};
};
std::array<Slot, 4096> g_ranges;
static_assert(std::atomic<std::uintptr_t>::is_always_lock_free && std::atomic<const std::string*>::is_always_lock_free);

constexpr int kExitNotAnswered = 2;

// Stays installed while it runs: when two threads fault at once, remove_unfinished_files() lets one of them speak.
extern "C" void attnx_on_bus_error(int, siginfo_t* info, void*) {
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    remove_unfinished_files();
    for (const Slot& slot : g_ranges) {
        if (info->si_code <= 0) break;  // sent by kill() or raise(): there is no address
        const std::string* line = slot.line.load(std::memory_order_acquire);
        if (line == nullptr || address < slot.begin.load() || address >= slot.end.load()) continue;
        [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line->data(), line->size());
        ::_exit(kExitNotAnswered);
    }
    // Not ours: the default action, when the handler returns.
    std::signal(SIGBUS, SIG_DFL);
    ::raise(SIGBUS);
}

}  // namespace

void install_bus_guard() {
    struct sigaction action = {};
    action.sa_sigaction = attnx_on_bus_error;
    action.sa_flags = SA_SIGINFO;
    sigfillset(&action.sa_mask);
    ::sigaction(SIGBUS, &action, nullptr);
}

WatchedRange::WatchedRange(std::span<const std::byte> bytes, std::string_view path)
    : entry_(std::make_unique<Entry>()) {
    entry_->begin = reinterpret_cast<std::uintptr_t>(bytes.data());
    entry_->end = entry_->begin + bytes.size();
    entry_->line = fmt::format("attnx: {}: the file was shortened or replaced while it was being read [{}]\n",
                               printable(path), slug(ErrorCode::file_changed));
    for (entry_->slot = 0; entry_->slot < g_ranges.size(); ++entry_->slot) {
        Slot& slot = g_ranges[entry_->slot];
        if (slot.taken.exchange(true)) continue;
        slot.begin = entry_->begin;
        slot.end = entry_->end;
        slot.line.store(&entry_->line, std::memory_order_release);
        return;
    }
}

WatchedRange::~WatchedRange() {
    if (entry_->slot == g_ranges.size()) return;
    Slot& slot = g_ranges[entry_->slot];
    slot.line.store(nullptr);
    slot.taken.store(false);
}

}  // namespace attnx::io
