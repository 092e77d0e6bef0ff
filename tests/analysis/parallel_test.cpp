#include "../../src/analysis/weights/parallel.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>

#include "support/thread_limit.h"

namespace attnx::analysis {
namespace {

bool does_all(std::size_t count, unsigned threads) {
    std::vector<std::atomic<int>> done(count);
    parallel_for(count, threads, [&](std::size_t i) { ++done[i]; });
    for (const auto& times : done)
        if (times != 1) return false;
    return true;
}

TEST(ParallelForDeathTest, goes_on_with_the_threads_that_could_be_started) {
    for (const unsigned most : {1U, 3U}) {
        const auto work = [&] {
            test::allow_threads(most);
            std::_Exit(does_all(100, 16) ? 0 : 1);
        };
        EXPECT_EXIT(work(), testing::ExitedWithCode(0), "") << most;
    }
}

TEST(ParallelFor, does_everything_once_with_any_number_of_threads) {
    for (const std::size_t count : {0U, 1U, 3U, 100U})
        for (const unsigned threads : {0U, 1U, 2U, 7U})
            EXPECT_TRUE(does_all(count, threads)) << count << " " << threads;
}

TEST(ParallelFor, throws_what_its_work_threw) {
    EXPECT_THROW(parallel_for(10, 3,
                              [](std::size_t i) {
                                  if (i == 7) throw std::runtime_error("seven");
                              }),
                 std::runtime_error);
}

}  // namespace
}  // namespace attnx::analysis
