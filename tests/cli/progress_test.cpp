#include "../../src/cli/process/progress.h"

#include <gtest/gtest.h>

namespace attnx::cli {
namespace {

TEST(ProgressLine, tells_part_rate_and_time_left) {
    EXPECT_EQ(progress_line("reading", 50 << 20, 200 << 20, 10, false),
              "reading  [######                  ]  25 %  5.00 MiB/s  0:30 left");
    EXPECT_EQ(progress_line("reading", 1 << 20, 100 << 20, 1, false).substr(36), "  1 %  1.00 MiB/s  1:39 left");
}

TEST(ProgressLine, survives_having_nothing_done_yet) {
    EXPECT_NE(progress_line("reading", 0, 10, 0, true).find("0 %  0 B/s  0:00 left"), std::string::npos);
}

}  // namespace
}  // namespace attnx::cli
