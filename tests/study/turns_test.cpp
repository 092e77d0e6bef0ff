#include "../../src/study/turns.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "support/thread_limit.h"

namespace attnx::study {
namespace {

void never() { FAIL() << "a thread could be started"; }

TEST(Turns, go_from_one_to_the_other_until_both_have_ended) {
    Turns turns;
    std::string said;
    const auto pass = [&](const char* steps) {
        return [&, steps] {
            for (const char* step = steps; *step != '\0'; ++step) {
                said += *step;
                turns.hand_over();
            }
        };
    };
    turns.run(pass("abc"), pass("xy"), never);
    EXPECT_EQ(said, "axbyc");
    said.clear();
    Turns again;
    again.run([&] { said += 'a'; }, [&] { said += again.hand_over() ? '?' : 'x'; }, never);
    EXPECT_EQ(said, "ax") << "the first has ended by then";
}

TEST(Turns, end_both_when_one_fails) {
    for (const bool first_fails : {true, false}) {
        Turns turns;
        std::string said;
        const auto fails = [&] {
            turns.hand_over();
            throw std::runtime_error("of its own");
        };
        const auto waits = [&] {
            turns.hand_over();
            turns.hand_over();
            said += "went on";
        };
        try {
            first_fails ? turns.run(fails, waits, never) : turns.run(waits, fails, never);
            ADD_FAILURE() << "nothing was thrown";
        } catch (const std::runtime_error& error) {
            EXPECT_STREQ(error.what(), "of its own");
        }
        EXPECT_EQ(said, "") << first_fails;
    }
}

void run_without_threads() {
    test::allow_threads(1);
    Turns turns;
    std::string said;
    turns.run(
        [&] {
            said += 'a';
            turns.hand_over();
            said += 'b';
        },
        [&] { said += turns.hand_over() ? 'x' : 'y'; }, [&] { said += "one by one: "; });
    std::_Exit(said == "one by one: abx" ? 0 : 1);
}

TEST(TurnsDeathTest, are_taken_one_by_one_where_no_thread_can_be_started) {
    EXPECT_EXIT(run_without_threads(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace attnx::study
