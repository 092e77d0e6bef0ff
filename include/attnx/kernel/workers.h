// kernel: a few threads that share out a loop.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "attnx/base/simd.h"

namespace attnx::kernel {

// parallel(n, body) calls body(i, worker) for each i < n exactly once and returns when all are done; worker < size()
// tells which scratch memory to use. The first exception of a body is rethrown after the others have finished. Not
// re-entrant.
class Workers {
public:
    explicit Workers(unsigned threads, Simd simd = best_simd());
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    Simd simd() const { return simd_; }  // what their products run on
    unsigned size() const { return static_cast<unsigned>(threads_.size()) + 1; }
    // `numbers`: about how many are gone over in all. To share out few would take longer.
    void parallel(std::size_t n, const std::function<void(std::size_t, unsigned)>& body,
                  std::size_t numbers = SIZE_MAX);

private:
    void serve(unsigned worker);
    void take_indices(unsigned worker);

    std::mutex mutex_;
    std::condition_variable work_, done_;
    const std::function<void(std::size_t, unsigned)>* body_ = nullptr;  // of the loop that is shared out, while it is
    std::uint64_t loop_ = 0;                                            // which that is
    std::size_t end_ = 0, running_ = 0;
    std::atomic<std::size_t> next_ = 0;
    std::exception_ptr failure_;
    bool stop_ = false;
    Simd simd_;
    std::vector<std::thread> threads_;
};

}  // namespace attnx::kernel
