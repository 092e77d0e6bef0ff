#include "attnx/gguf/file.h"

#include <gtest/gtest.h>

#include "attnx/base/error.h"
#include "support/gguf_builder.h"

namespace attnx::gguf {
namespace {

using test::GgufBuilder;

GgufBuilder small_model() {
    return GgufBuilder()
        .key("general.architecture", "llama")
        .key("llama.block_count", 2u)
        .tensor("token_embd.weight", "f32", {8, 4})
        .tensor("blk.0.attn_q.weight", "q4_0", {32, 3});
}

TEST(OpenFile, reads_keys_and_tensors) {
    const auto bytes = small_model().bytes();
    const File file = File::from_bytes(bytes, "small.gguf");
    EXPECT_EQ(file.header().version, 3u);
    EXPECT_EQ(file.metadata().string("general.architecture"), "llama");
    EXPECT_EQ(file.metadata().u32("llama.block_count"), 2u);
    ASSERT_EQ(file.tensors().size(), 2u);
    const TensorInfo* q = file.find_tensor("blk.0.attn_q.weight");
    ASSERT_NE(q, nullptr);
    EXPECT_EQ(q->type->name, "q4_0");
    EXPECT_EQ(q->elements, 96u);
    EXPECT_EQ(q->bytes, 54u);
    EXPECT_EQ(q->relative_offset, 128u);
    EXPECT_EQ(file.data(*q).size(), 54u);
    EXPECT_EQ(file.find_tensor("nothing"), nullptr);
    EXPECT_TRUE(file.findings().empty());
}

}  // namespace
}  // namespace attnx::gguf
