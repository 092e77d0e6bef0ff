#include "attnx/gguf/file_type.h"

#include <gtest/gtest.h>

#include <set>

namespace attnx::gguf {
namespace {

TEST(FileType, has_the_names_of_llama_h) {
    EXPECT_EQ(file_type_name(0), "F32");
    EXPECT_EQ(file_type_name(1), "F16");
    EXPECT_EQ(file_type_name(7), "Q8_0");
    EXPECT_EQ(file_type_name(15), "Q4_K_M");
    EXPECT_EQ(file_type_name(30), "IQ4_XS");
    EXPECT_EQ(file_type_name(32), "BF16");
    EXPECT_EQ(file_type_name(38), "MXFP4_MOE");
    EXPECT_EQ(file_type_name(1024 + 18), "Q6_K") << "LLAMA_FTYPE_GUESSED beside the number";
}

TEST(FileType, has_no_name_for_numbers_out_of_use_or_unheard_of) {
    for (const std::uint64_t id : {4ULL, 5ULL, 6ULL, 33ULL, 34ULL, 35ULL, 43ULL, 4711ULL, ~0ULL})
        EXPECT_EQ(file_type_name(id), std::nullopt) << id;
}

TEST(FileType, has_a_name_of_its_own_for_each_number) {
    std::set<std::string_view> names;
    std::size_t count = 0;
    for (std::uint64_t id = 0; id < 100; ++id)
        if (const auto name = file_type_name(id)) {
            ++count;
            EXPECT_TRUE(names.insert(*name).second) << *name;
        }
    EXPECT_EQ(count, 37U) << "llama.h, enum llama_ftype: 0-3, 7-32, 36-42";
}

}  // namespace
}  // namespace attnx::gguf
