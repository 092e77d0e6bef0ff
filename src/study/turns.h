// study: two passes side by side, of which one runs at a time. Private to study.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "attnx/base/threads.h"

namespace attnx::study {

class Turns {
public:
    using Pass = std::function<void()>;

    // Both to their ends; the first begins, on a thread of its own. Throws what one of them throws: the other ends at
    // its next turn. Where no thread can be started `one_by_one` is told, and each pass has one turn.
    void run(const Pass& first, const Pass& second, const Pass& one_by_one) {
        std::vector<std::thread> thread;
        start_threads(thread, 1, [&](std::size_t) { return [&] { take_part(first); }; });
        side_by_side_ = !thread.empty();
        if (!side_by_side_) {
            one_by_one();
            first();
            second();
            return;
        }
        take_part([&] {
            await(false);
            second();
        });
        thread.front().join();
        if (failure_) std::rethrow_exception(failure_);
    }

    // Of a pass: the other goes on until it says the same, or ends. Whether it is still to go on.
    bool hand_over() {
        if (!side_by_side_) return true;
        bool first = false;
        {
            const std::lock_guard lock(mutex_);
            first = first_runs_;
            first_runs_ = !first;
        }
        changed_.notify_all();
        return await(first);
    }

private:
    struct Ended {};  // for the other failed

    bool await(bool first) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return first_runs_ == first || one_ended_; });
        if (failure_) throw Ended();
        return !one_ended_;
    }

    void take_part(const Pass& pass) {
        std::exception_ptr failure;
        try {
            pass();
        } catch (...) {
            failure = std::current_exception();
        }
        {
            const std::lock_guard lock(mutex_);
            one_ended_ = true;
            if (!failure_) failure_ = failure;
        }
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::atomic<bool> side_by_side_{true};
    bool first_runs_ = true, one_ended_ = false;
    std::exception_ptr failure_;
};

}  // namespace attnx::study
