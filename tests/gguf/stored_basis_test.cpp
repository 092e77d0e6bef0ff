#include "attnx/gguf/stored_basis.h"

#include <gtest/gtest.h>

#include <tuple>

#include "attnx/gguf/file.h"
#include "support/refusal.h"
#include "support/rotated.h"

namespace attnx::gguf {
namespace {

using test::GgufValue;
using test::Rotated;

// The keys as they should be, with one of them changed; an empty name changes none.
std::vector<std::byte> with(const Rotated& rotated, const std::string& name = {}, const GgufValue& value = 0u) {
    test::GgufBuilder builder;
    bool replaced = false;
    for (const auto& [key, stored] : rotated.keys()) {
        const bool same = key == "prism.hadamard." + name;
        builder.key(key, same ? value : stored);
        replaced |= same;
    }
    if (!replaced && !name.empty()) builder.key("prism.hadamard." + name, value);
    return builder.bytes();
}

std::optional<StoredBasis> basis_in(const std::vector<std::byte>& bytes) {
    return stored_basis(File::from_bytes(bytes, "m.gguf").metadata());
}

const Rotated kPlain = {.matrices = {"blk.0.attn_q.weight"}, .tables = {"token_embd.weight"}};
const Rotated kSigned = {.matrices = {"output.weight"}, .tables = {}, .widths = {16, 8}};

TEST(StoredBasis, is_nothing_without_its_version) {
    EXPECT_FALSE(basis_in(test::GgufBuilder().key("prism.hadamard.block_size", 8u).bytes()));
}

TEST(StoredBasis, names_matrices_and_tables) {
    const auto basis = basis_in(with(kPlain));
    ASSERT_TRUE(basis);
    EXPECT_EQ(basis->block, 8u);
    EXPECT_TRUE(basis->has("blk.0.attn_q.weight") && basis->has("token_embd.weight"));
    EXPECT_FALSE(basis->has("blk.1.attn_q.weight"));
    EXPECT_TRUE(basis->signs.empty());
}

TEST(StoredBasis, has_signs_by_the_number_of_inputs) {
    const auto basis = basis_in(with(kSigned));
    ASSERT_TRUE(basis);
    ASSERT_EQ(basis->signs.size(), 2u);
    EXPECT_EQ(basis->signs.at(8), (std::vector<float>{-1, 1, 1, -1, 1, 1, -1, 1}));
    EXPECT_EQ(basis->signs.at(16).size(), 16u);
}

TEST(StoredBasis, of_another_kind_is_refused_by_the_key) {
    using Strings = std::vector<std::string>;
    using Numbers = std::vector<std::int32_t>;
    const std::vector<std::tuple<const char*, GgufValue, const char*>> plain = {
        {"version", 3u, "is 3"},
        {"version", 2u, "tied_output false"},
        {"tied_output", true, "is 1"},
        {"block_size", 12u, "power"},
        {"block_size", 0u, "power"},
        {"transform", "dct", "\"dct\""},
        {"axis", "output", "\"output\""},
        {"sign_mode", "random", "\"random\""},
        {"weight_names", Strings{}, "nothing"},
        {"weight_names", Numbers{1}, "strings"},
    };
    for (const auto& [name, value, part] : plain) {
        const auto bytes = with(kPlain, name, value);
        const auto error = test::refusal_of([&] { (void)basis_in(bytes); });
        ASSERT_TRUE(error) << name;
        EXPECT_NE(error->message().find(name), std::string::npos) << error->message();
        EXPECT_NE(error->message().find(part), std::string::npos) << error->message();
    }
    const std::vector<std::tuple<const char*, GgufValue, const char*>> of_signs = {
        {"sign_widths", Numbers{}, "empty"},         {"sign_widths", Numbers{16, 12}, "12"},
        {"sign_widths", Numbers{16, 16}, "16"},      {"sign_widths", Numbers{16}, "more"},
        {"sign_values", Numbers(24, 2), "1 and -1"}, {"sign_widths", Numbers{8, 8, 8}, "twice"},
        {"sign_widths", Numbers{-8}, "-8"},          {"sign_values", Numbers{1}, "16"},
    };
    for (const auto& [name, value, part] : of_signs) {
        const auto bytes = with(kSigned, name, value);
        const auto error = test::refusal_of([&] { (void)basis_in(bytes); });
        ASSERT_TRUE(error) << name << ' ' << part;
        EXPECT_NE(error->message().find(part), std::string::npos) << error->message();
    }
}

TEST(StoredBasis, is_a_finding_of_every_file_that_has_one) {
    const auto message = [](const std::vector<std::byte>& bytes) -> std::string {
        const auto file = File::from_bytes(bytes, "m.gguf");
        for (const Finding& finding : file.findings())
            if (finding.id == FindingId::rotated_weights) return finding.message;
        return "";
    };
    EXPECT_EQ(message(with(kPlain)),
              "2 tensors are stored in a rotated basis (prism.hadamard.*), and turned back where they are read");
    EXPECT_NE(message(with(kPlain, "block_size", 12u)).find("cannot be undone"), std::string::npos);
    EXPECT_EQ(message(test::GgufBuilder().key("general.name", "plain").bytes()), "");
}

}  // namespace
}  // namespace attnx::gguf
