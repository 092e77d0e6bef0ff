// kernel: lets the bodies of a parallel loop do one thing each in the order of their indices, while the others compute.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace attnx::kernel {

// Every index from 0 on takes its Place before anything that may throw. The turn passes on when a Place goes.
class InTurn {
public:
    class Place {
    public:
        Place(InTurn& all, std::size_t index) : all_(all), index_(index) {}
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place() {
            if (passed_) return;
            all_.await(index_);
            all_.pass_on(false);
        }

        // Calls body once it is this index's turn, unless one before it failed; then passes the turn on.
        template <class Body>
        void run(const Body& body) {
            if (all_.await(index_)) body();
            passed_ = true;
            all_.pass_on(true);
        }

    private:
        InTurn& all_;
        std::size_t index_;
        bool passed_ = false;
    };

private:
    bool await(std::size_t index) {
        std::unique_lock lock(mutex_);
        moved_.wait(lock, [&] { return turn_ == index; });
        return whole_;
    }
    void pass_on(bool well) {
        {
            const std::lock_guard lock(mutex_);
            ++turn_;
            whole_ = whole_ && well;
        }
        moved_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable moved_;
    std::size_t turn_ = 0;
    bool whole_ = true;
};

}  // namespace attnx::kernel
