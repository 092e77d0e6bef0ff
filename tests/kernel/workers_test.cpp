#include "attnx/kernel/workers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "support/thread_limit.h"

namespace attnx::kernel {
namespace {

// Every index once, by workers that have scratch memory.
bool shares_out(Workers& workers) {
    std::vector<std::atomic<int>> done(100);
    std::atomic<bool> known = true;
    workers.parallel(done.size(), [&](std::size_t i, unsigned worker) {
        ++done[i];
        if (worker >= workers.size()) known = false;
    });
    for (const auto& times : done)
        if (times != 1) return false;
    return known;
}

TEST(WorkersDeathTest, go_on_with_the_threads_that_could_be_started) {
    for (const unsigned most : {1U, 3U}) {
        const auto work = [&] {
            const unsigned allowed = test::allow_threads(most);
            Workers workers(16);
            std::_Exit(workers.size() == allowed && shares_out(workers) ? 0 : 1);
        };
        EXPECT_EXIT(work(), testing::ExitedWithCode(0), "") << most;
    }
}

TEST(Workers, are_at_least_the_one_who_asks) {
    for (const unsigned threads : {0U, 1U, 4U}) {
        Workers workers(threads);
        EXPECT_EQ(workers.size(), std::max(threads, 1U));
        EXPECT_TRUE(shares_out(workers));
    }
}

TEST(Workers, leave_few_numbers_to_the_one_who_asks) {
    Workers workers(3);
    std::vector<unsigned> by;
    workers.parallel(
        50, [&](std::size_t, unsigned worker) { by.push_back(worker); }, 1000);
    EXPECT_EQ(by, std::vector<unsigned>(50, 0));
}

// Threads that come late to a loop find it over, and another begun.
TEST(Workers, share_out_many_short_loops) {
    Workers workers(4);
    std::atomic<std::size_t> calls = 0;
    for (std::size_t loop = 1; loop <= 5000; ++loop) {
        const std::size_t before = calls;
        workers.parallel(3, [&](std::size_t, unsigned) { ++calls; });
        ASSERT_EQ(calls, before + 3) << loop;
    }
}

TEST(Workers, call_every_index_once_and_pass_on_the_first_failure) {
    Workers workers(3);
    std::vector<std::atomic<int>> calls(1000);
    workers.parallel(calls.size(), [&](std::size_t i, unsigned worker) {
        EXPECT_LT(worker, workers.size());
        ++calls[i];
    });
    for (const auto& c : calls) EXPECT_EQ(c, 1);
    EXPECT_THROW(workers.parallel(100,
                                  [](std::size_t i, unsigned) {
                                      if (i == 7) throw std::runtime_error("seven");
                                  }),
                 std::runtime_error);
    std::atomic<int> again = 0;
    workers.parallel(10, [&](std::size_t, unsigned) { ++again; });
    EXPECT_EQ(again, 10);
}

}  // namespace
}  // namespace attnx::kernel
