#include "attnx/kernel/workers.h"

#include <algorithm>
#include <utility>

#include "attnx/base/threads.h"

namespace attnx::kernel {

Workers::Workers(unsigned threads, Simd simd) : simd_(simd) {
    start_threads(threads_, std::max(threads, 1U) - 1,
                  [this](std::size_t i) { return [this, i] { serve(static_cast<unsigned>(i) + 1); }; });
}

Workers::~Workers() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    work_.notify_all();
    for (auto& thread : threads_) thread.join();
}

// Takes indices until there are none; `lock` is held on entry and exit.
void Workers::drain(unsigned worker, std::unique_lock<std::mutex>& lock) {
    ++running_;
    while (next_ < end_) {
        const std::size_t index = next_++;
        const auto* body = body_;
        lock.unlock();
        std::exception_ptr failure;
        try {
            (*body)(index, worker);
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        if (failure) {
            if (!failure_) failure_ = failure;
            next_ = end_;
        }
    }
    --running_;
}

void Workers::serve(unsigned worker) {
    std::unique_lock lock(mutex_);
    while (true) {
        work_.wait(lock, [this] { return stop_ || next_ < end_; });
        if (stop_) return;
        drain(worker, lock);
        if (running_ == 0) done_.notify_one();
    }
}

void Workers::parallel(std::size_t n, const std::function<void(std::size_t, unsigned)>& body) {
    if (n == 0) return;
    if (n == 1 || threads_.empty()) {
        for (std::size_t i = 0; i < n; ++i) body(i, 0);
        return;
    }
    std::unique_lock lock(mutex_);
    body_ = &body;
    next_ = 0;
    end_ = n;
    work_.notify_all();
    drain(0, lock);
    done_.wait(lock, [this] { return running_ == 0; });
    body_ = nullptr;
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

}  // namespace attnx::kernel
