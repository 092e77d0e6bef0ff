// Vocabularies that merge nothing: the longest token of RWKV, the hashes of a model for tests.
#include <gtest/gtest.h>

#include "attnx/base/error.h"
#include "small_vocab.h"

namespace attnx::text {
namespace {

using enum Kind;

TEST(Rwkv, takes_the_longest_token_of_unescaped_bytes) {
    const Small small(
        vocab_file("rwkv", {{"<s>", control}, {"a"}, {"ab"}, {"\\n"}, {"\\xe4\\xb8"}, {"\\\\"}, {"abcd"}}));
    EXPECT_EQ(small.ids("aab\n\\\xE4\xB8"), (Ids{1, 2, 3, 5, 4}));
    EXPECT_EQ(small.ids("abab"), (Ids{2, 2}));
    EXPECT_EQ(small.ids_special("a"), (Ids{1}));
    EXPECT_EQ(small.tokenizer.decode(Ids{2, 3, 4}), "ab\n\xE4\xB8");
    EXPECT_THROW(small.ids("z"), Error);  // no token and no unknown token
}

TEST(TestModel, makes_a_token_of_every_five_bytes) {
    const Small small(vocab_file("test", {{"a"}, {"b"}, {"c"}, {"d"}, {"e"}, {"f"}, {"g"}}));
    EXPECT_EQ(small.ids("abcdefg"), (Ids{92599395 % 7, (102 * 31 + 103) % 7})) << "\"abcde\" is 92599395 in base 31";
    EXPECT_EQ(small.tokenizer.decode(Ids{6, 3}), "63") << "ids, in hexadecimal digits";
}

}  // namespace
}  // namespace attnx::text
