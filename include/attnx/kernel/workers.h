// kernel: a few threads that share out a loop.
#pragma once

#include <condition_variable>
#include <cstddef>
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
    void parallel(std::size_t n, const std::function<void(std::size_t, unsigned)>& body);

private:
    void serve(unsigned worker);
    void drain(unsigned worker, std::unique_lock<std::mutex>& lock);

    std::mutex mutex_;
    std::condition_variable work_, done_;
    const std::function<void(std::size_t, unsigned)>* body_ = nullptr;
    std::size_t next_ = 0, end_ = 0, running_ = 0;
    std::exception_ptr failure_;
    bool stop_ = false;
    Simd simd_;
    std::vector<std::thread> threads_;
};

}  // namespace attnx::kernel
