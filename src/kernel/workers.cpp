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

// Until there are none; after a failure there are none.
void Workers::take_indices(unsigned worker) {
    for (std::size_t index = next_++; index < end_; index = next_++) {
        try {
            (*body_)(index, worker);
        } catch (...) {
            const std::lock_guard lock(mutex_);
            if (!failure_) failure_ = std::current_exception();
            next_ = end_;
        }
    }
}

void Workers::serve(unsigned worker) {
    std::unique_lock lock(mutex_);
    for (std::uint64_t served = 0;;) {
        work_.wait(lock, [&] { return stop_ || loop_ != served; });
        if (stop_) return;
        served = loop_;
        if (body_ == nullptr) continue;  // the others were faster
        ++running_;
        lock.unlock();
        take_indices(worker);
        lock.lock();
        if (--running_ == 0) done_.notify_one();
    }
}

void Workers::parallel(std::size_t n, const std::function<void(std::size_t, unsigned)>& body, std::size_t numbers) {
    constexpr std::size_t kFew = std::size_t{1} << 15;
    if (n == 0) return;
    if (n == 1 || threads_.empty() || numbers < kFew) {
        for (std::size_t i = 0; i < n; ++i) body(i, 0);
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        body_ = &body;
        end_ = n;
        next_ = 0;
        ++loop_;
    }
    work_.notify_all();
    take_indices(0);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return running_ == 0; });
    body_ = nullptr;
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

}  // namespace attnx::kernel
