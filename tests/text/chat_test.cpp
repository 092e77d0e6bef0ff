#include "attnx/text/chat.h"

#include <gtest/gtest.h>

#include "attnx/base/error.h"
#include "small_vocab.h"

namespace attnx::text {
namespace {

Small with_marker(const std::string& marker) { return Small(bpe_file("gpt-2", {{"a"}, {marker, Kind::control}}, {})); }

TEST(Chat, puts_the_markers_of_the_vocabulary_around_a_message) {
    EXPECT_EQ(as_chat("Hi", with_marker("<|im_start|>").tokenizer.vocab()),
              "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
    EXPECT_EQ(as_chat("Hi", with_marker("[INST]").tokenizer.vocab()), "[INST] Hi [/INST]");
}

TEST(Chat, is_refused_where_no_marker_is_known) {
    EXPECT_THROW(as_chat("Hi", with_marker("<mask>").tokenizer.vocab()), Error);
}

}  // namespace
}  // namespace attnx::text
