// Faulty files of every architecture end in an answer or an Error in every command that reads tensors. Here a sample of
// the faults, another for each architecture; all of them: tests/fuzz/every_fault.cpp. Under sanitizers a find ends the
// process.
#include <gtest/gtest.h>

#include <iostream>

#include "support/faults.h"
#include "support/golden.h"

namespace attnx::test {
namespace {

TEST(Faults, end_in_an_answer_or_a_message_for_every_architecture) {
    constexpr std::size_t kEvery = 499;
    Endings endings;
    std::size_t number = 0;
    for (const auto& path : golden_files("architectures")) {
        const std::string name = path.stem().string();
        for_each_fault(golden_parts(path), kEvery, number++,
                       [&](const Fault& fault) { run_commands(fault.parts, name + ": " + fault.what, endings); });
    }
    for (const auto& [ending, count] : endings.counts) std::cout << ending << ": " << count << "\n";
    for (const std::string& broken : endings.broken) ADD_FAILURE() << broken;
    EXPECT_GT(endings.counts["attend answered"], 50U);
    EXPECT_GT(endings.counts["attend refused"], 50U);
    EXPECT_GT(endings.runs, 900U);
}

}  // namespace
}  // namespace attnx::test
