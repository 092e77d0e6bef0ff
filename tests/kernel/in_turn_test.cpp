#include "attnx/kernel/in_turn.h"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "attnx/kernel/workers.h"

namespace attnx::kernel {
namespace {

void finish_late(std::size_t index) {
    std::this_thread::sleep_for(std::chrono::microseconds(index % 3 == 0 ? 300 : 0));
}

TEST(InTurn, keeps_the_order_of_a_loop_whose_bodies_finish_in_another) {
    Workers workers(4);
    InTurn turns;
    std::vector<std::size_t> order;
    workers.parallel(40, [&](std::size_t index, unsigned) {
        InTurn::Place place(turns, index);
        finish_late(index);
        place.run([&] { order.push_back(index); });
    });
    ASSERT_EQ(order.size(), 40u);
    for (std::size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], i);
}

// Before its turn or in it: nobody waits for ever, and a failure is the last thing that happens.
TEST(InTurn, ends_when_one_fails) {
    for (const bool in_its_turn : {false, true}) {
        Workers workers(4);
        InTurn turns;
        std::vector<std::size_t> order;
        const auto run = [&] {
            workers.parallel(40, [&](std::size_t index, unsigned) {
                InTurn::Place place(turns, index);
                finish_late(index);
                if (index == 7 && !in_its_turn) throw std::runtime_error("before");
                place.run([&] {
                    if (index == 7) throw std::runtime_error("during");
                    order.push_back(index);
                });
            });
        };
        EXPECT_THROW(run(), std::runtime_error);
        EXPECT_EQ(order.size(), 7u) << "those before it, none after";
    }
}

}  // namespace
}  // namespace attnx::kernel
