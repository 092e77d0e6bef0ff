// What llama.cpp b12032 refuses in `prism.hadamard.*`, beyond the keys by themselves (tests/gguf).
#include <gtest/gtest.h>

#include "attnx/model/build.h"
#include "support/rotated.h"
#include "support/tiny_model.h"

namespace attnx::model {
namespace {

std::string refusal_of(const test::Rotated& rotated, std::string architecture = "llama") {
    test::TinyModel tiny;
    tiny.architecture = std::move(architecture);
    tiny.whole_keys = rotated.keys();
    const auto bytes = tiny.bytes();
    const auto spec = build_spec(gguf::File::from_bytes(bytes, "m.gguf"));
    return spec.key_refusals.empty() ? "" : spec.key_refusals.front().message;
}

TEST(StoredBasisRefusal, is_none_where_llama_cpp_turns_every_weight) {
    EXPECT_EQ(refusal_of({.matrices = {"blk.0.attn_q.weight", "blk.1.ffn_down.weight"}, .tables = {}}), "");
    EXPECT_EQ(refusal_of({.matrices = {"blk.0.attn_q.weight"}, .tables = {"token_embd.weight"}, .version = 2}), "");
}

TEST(StoredBasisRefusal, says_what_llama_cpp_would_stop_at) {
    const auto part_of = [](const std::string& message, std::string_view part) {
        EXPECT_NE(message.find(part), std::string::npos) << message;
        EXPECT_TRUE(message.starts_with("keys prism.hadamard.*: ")) << message;
    };
    const std::string q = "blk.0.attn_q.weight";
    part_of(refusal_of({.matrices = {q}, .tables = {}}, "qwen2"), "this architecture");
    part_of(refusal_of({.matrices = {"blk.0.attn_norm.weight"}, .tables = {}}), "attn_norm.weight is none");
    part_of(refusal_of({.matrices = {"blk..attn_q.weight"}, .tables = {}}), "blk..attn_q.weight is none");
    part_of(refusal_of({.matrices = {q, q}, .tables = {}}), "named twice");
    part_of(refusal_of({.matrices = {q}, .tables = {"output.weight"}, .version = 2}), "output.weight is none");
    part_of(refusal_of({.matrices = {q}, .tables = {}, .version = 2}), "the table is not rotated");
    part_of(refusal_of({.matrices = {q}, .tables = {"token_embd.weight"}}), "tied_output does not say so");
    part_of(refusal_of({.matrices = {"blk.7.attn_q.weight"}, .tables = {}}), "blk.7.attn_q.weight is not in the file");
    part_of(refusal_of({.matrices = {q}, .tables = {}, .block = 32}), "no blocks of 32");
    part_of(refusal_of({.matrices = {q}, .tables = {}, .widths = {24}}), "no signs for the 16 inputs");
}

}  // namespace
}  // namespace attnx::model
