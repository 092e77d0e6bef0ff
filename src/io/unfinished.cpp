#include "attnx/io/unfinished.h"

#include <unistd.h>

#include <atomic>
#include <ctime>
#include <utility>

namespace attnx::io {

// A place in the list that handlers walk. Places are used again and never freed, so that the list can be read at any
// moment.
struct UnfinishedSlot {
    std::atomic<const char*> path{nullptr};
    UnfinishedSlot* next = nullptr;
};

namespace {

// Process-wide, as in bus_guard.cpp, and lock-free: a signal handler has nothing else to look at.
std::atomic<UnfinishedSlot*> g_slots{nullptr};
std::atomic<int> g_uninterrupted{0};
std::atomic<bool> g_ending{false};
static_assert(std::atomic<UnfinishedSlot*>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

[[noreturn]] void wait_for_the_end() {
    for (;;) ::pause();
}

// A thread on a file system that hangs must not keep the process alive for ever.
void wait_for_the_uninterrupted() {
    constexpr timespec kPause{0, 1'000'000};
    for (int i = 0; i < 3000 && g_uninterrupted.load() > 0; ++i) ::nanosleep(&kPause, nullptr);
}

UnfinishedSlot* take_slot(const char* path) {
    for (UnfinishedSlot* slot = g_slots.load(); slot != nullptr; slot = slot->next) {
        const char* free = nullptr;
        if (slot->path.compare_exchange_strong(free, path)) return slot;
    }
    auto* const slot = new UnfinishedSlot;
    slot->path.store(path);
    slot->next = g_slots.load();
    while (!g_slots.compare_exchange_weak(slot->next, slot)) {
    }
    return slot;
}

}  // namespace

bool remove_unfinished_files() noexcept {
    if (g_ending.exchange(true)) wait_for_the_end();
    wait_for_the_uninterrupted();
    bool removed = false;
    for (const UnfinishedSlot* slot = g_slots.load(); slot != nullptr; slot = slot->next) {
        const char* const path = slot->path.load();
        if (path != nullptr && ::unlink(path) == 0) removed = true;
    }
    return removed;
}

// Entered before g_ending is asked, as remove_unfinished_files asks in the opposite order: one of the two sees the
// other.
Uninterrupted::Uninterrupted() noexcept {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &blocked_before_);
    ++g_uninterrupted;
    if (!g_ending.load()) return;
    --g_uninterrupted;
    wait_for_the_end();
}

Uninterrupted::~Uninterrupted() {
    --g_uninterrupted;
    ::pthread_sigmask(SIG_SETMASK, &blocked_before_, nullptr);
}

Unfinished::Unfinished(std::string path) : path_(std::move(path)), slot_(take_slot(path_.c_str())) {}

Unfinished::~Unfinished() {
    const Uninterrupted while_its_path_goes;
    slot_->path.store(nullptr);
}

}  // namespace attnx::io
