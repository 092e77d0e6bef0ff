// A file cut anywhere ends in an Error, quickly, and in nothing else.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "attnx/gguf/file.h"
#include "support/gguf_builder.h"
#include "support/golden.h"
#include "support/refusal.h"

namespace attnx::gguf {
namespace {

using Bytes = std::vector<std::byte>;

// Copies, so that a read past the cut is one past the allocation.
void expect_refused(const Bytes& whole, std::size_t length) {
    const Bytes prefix(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    const auto error = test::refusal_of_bytes(prefix);
    ASSERT_TRUE(error.has_value()) << "the first " << length << " bytes of " << whole.size() << " were accepted";
    EXPECT_EQ(std::string(error->what()).find('\n'), std::string::npos);
    if (error->where().offset) {
        EXPECT_LE(*error->where().offset, whole.size()) << error->what();
    }
}

Bytes built_file(std::uint32_t version, bool big_endian) {
    test::GgufBuilder builder;
    builder.version(version);
    if (big_endian) builder.big_endian();
    return builder.key("general.architecture", "llama")
        .key("flag", true)
        .key("f64", 1.0)
        .key("words", std::vector<std::string>{"a", "bc", ""})
        .key("rows", std::vector<std::vector<std::int16_t>>{{1}, {}, {2, 3}})
        .key("scores", std::vector<float>{1, 2, 3})
        .tensor("blk.0.attn_q.weight", "q4_0", {32, 2})
        .tensor("blk.0.attn_k.weight", "f32", {4})
        .bytes();
}

TEST(EveryPrefix, of_a_built_file_is_refused_in_every_version_and_byte_order) {
    for (const std::uint32_t version : {1u, 2u, 3u}) {
        for (const bool big_endian : {false, true}) {
            const Bytes whole = built_file(version, big_endian);
            ASSERT_FALSE(test::refusal_of_bytes(whole).has_value());
            for (std::size_t length = 0; length < whole.size(); ++length) expect_refused(whole, length);
        }
    }
}

// Any single damaged byte: a value or an Error.
TEST(EveryByte, of_a_built_file_may_be_anything) {
    const Bytes whole = built_file(3, false);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
            Bytes damaged = whole;
            damaged[i] = static_cast<std::byte>(value);
            (void)test::refusal_of_bytes(damaged);  // anything but an Error would end the test
        }
    }
}

Bytes read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(in), {}};
    return test::to_bytes(content);
}

TEST(EveryPrefix, of_three_real_headers_is_refused) {
    constexpr std::size_t kAllBelow = 4096;
    constexpr std::size_t kSamples = 2000;
    for (const char* name : {"llama-spm.gguf", "bert-bge.gguf", "gpt-2.gguf"}) {
        SCOPED_TRACE(name);
        const Bytes whole = read_file(test::golden_dir() / "tokenizer" / name);
        ASSERT_FALSE(test::refusal_of_bytes(whole).has_value());
        for (std::size_t length = 0; length < kAllBelow; ++length) expect_refused(whole, length);
        for (std::size_t i = 0; i < kSamples; ++i)
            expect_refused(whole, kAllBelow + (whole.size() - kAllBelow) * i / kSamples + i % 7);
    }
}

TEST(RealHeaders, open_with_every_byte_accounted_for) {
    int files = 0;
    for (const auto& path : test::golden_files("tokenizer", ".gguf")) {
        const File file = File::open(path);
        EXPECT_TRUE(file.findings().empty()) << path << ": " << file.findings().front().message;
        EXPECT_EQ(file.header().tensor_table_end, std::filesystem::file_size(path)) << path;
        const auto tokens = file.metadata().array("tokenizer.ggml.tokens");
        ASSERT_TRUE(tokens.has_value()) << path;
        std::uint64_t bytes = 0;
        tokens->for_each([&](std::uint64_t, const Value& token) { bytes += 8 + token.as<std::string_view>()->size(); });
        EXPECT_EQ(bytes, tokens->bytes().size());
        ++files;
    }
    EXPECT_EQ(files, 15);
}

}  // namespace
}  // namespace attnx::gguf
