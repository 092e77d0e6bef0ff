// How two files differ: files written with differences that are known.
#include "attnx/analysis/diff.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "support/gguf_builder.h"
#include "support/golden_model.h"
#include "support/rotated.h"

namespace attnx::analysis {
namespace {

using test::GgufBuilder;
using test::GgufValue;

struct BuiltFile {
    std::vector<std::byte> bytes;
    gguf::File file;
    explicit BuiltFile(const GgufBuilder& builder) : BuiltFile(builder.bytes()) {}
    explicit BuiltFile(std::vector<std::byte> all)
        : bytes(std::move(all)), file(gguf::File::from_bytes(bytes, "m.gguf")) {}
};

GgufBuilder with_keys() { return GgufBuilder().key("general.architecture", "llama"); }

TEST(MetadataDiff, tells_keys_of_one_and_values_that_changed) {
    const BuiltFile a(with_keys().key("x.same", 1U).key("x.gone", "a").key("x.value", 2U).key("x.type", 3U));
    const BuiltFile b(
        with_keys().key("x.type", std::int32_t{3}).key("x.value", 4U).key("x.same", 1U).key("x.new", true));
    const MetadataDifferences told = compare(a.file.metadata(), b.file.metadata());
    ASSERT_EQ(told.only_a.size(), 1U);
    EXPECT_EQ(told.only_a[0]->key, "x.gone");
    ASSERT_EQ(told.only_b.size(), 1U);
    EXPECT_EQ(told.only_b[0]->key, "x.new");
    ASSERT_EQ(told.changed.size(), 2U);
    EXPECT_EQ(told.changed[0].a->key, "x.value");
    EXPECT_FALSE(told.changed[0].element);
    EXPECT_EQ(told.changed[1].b->key, "x.type") << "3 is stored as another type";
    EXPECT_EQ(told.common, 4U);
    EXPECT_FALSE(told.none());
}

TEST(MetadataDiff, finds_the_first_element_that_differs) {
    using Texts = std::vector<std::string>;
    const auto first = [](const GgufValue& left, const GgufValue& right) {
        const BuiltFile a(with_keys().key("x", left)), b(with_keys().key("x", right));
        const MetadataDifferences told = compare(a.file.metadata(), b.file.metadata());
        return told.changed.empty() ? std::optional<std::uint64_t>(9999) : told.changed[0].element;
    };
    EXPECT_EQ(first(Texts{"a", "bb", "c"}, Texts{"a", "bb", "c"}), 9999U);
    EXPECT_EQ(first(Texts{"a", "bb", "c"}, Texts{"a", "bd", "c"}), 1U);
    EXPECT_EQ(first(Texts{"a", "bb", "c"}, Texts{"a", "b", "cc"}), 1U) << "another length";
    EXPECT_EQ(first(Texts{"a", "b", "c"}, Texts{"a", "b", "d"}), 2U);
    EXPECT_EQ(first(Texts{"a"}, Texts{"a", "b"}), 1U) << "where one ends";
    EXPECT_EQ(first(std::vector<std::uint32_t>{1, 2, 256}, std::vector<std::uint32_t>{1, 2, 512}), 2U);
    EXPECT_EQ(first(Texts{"a"}, std::vector<std::uint32_t>{1}), std::nullopt) << "arrays of two types";
}

TEST(MetadataDiff, heeds_neither_byte_order_nor_how_a_model_is_cut) {
    const auto keys = [](GgufBuilder builder) {
        return builder.key("general.architecture", "llama")
            .key("x.f", 0.5F)
            .key("x.list", std::vector<std::int16_t>{-1, 2})
            .key("x.text", "é")
            .key("x.texts", std::vector<std::string>{"a", "b"})
            .key("x.big", std::uint64_t{1} << 40);
    };
    const BuiltFile a(keys(GgufBuilder()).key("split.tensors.count", 3)), b(keys(GgufBuilder().big_endian()));
    EXPECT_TRUE(compare(a.file.metadata(), b.file.metadata()).none());
    const BuiltFile other(keys(GgufBuilder().big_endian()).key("x.more", 1U));
    EXPECT_FALSE(compare(a.file.metadata(), other.file.metadata()).none());
}

TEST(TensorDiff, pairs_tensors_by_name) {
    const BuiltFile a(with_keys().tensor("x", "f32", {4, 2}).tensor("y", "f32", {8}).tensor("z", "f32", {8}));
    const BuiltFile b(with_keys().tensor("z", "f16", {8}).tensor("x", "f32", {2, 4}).tensor("w", "f32", {1}));
    const TensorDifferences told = compare_tensors(a.file, b.file);
    ASSERT_EQ(told.only_a.size(), 1U);
    EXPECT_EQ(told.only_a[0]->name, "y");
    ASSERT_EQ(told.only_b.size(), 1U);
    EXPECT_EQ(told.only_b[0]->name, "w");
    ASSERT_EQ(told.common.size(), 2U);
    EXPECT_FALSE(told.common[0].same_shape());
    EXPECT_TRUE(told.common[0].same_type());
    EXPECT_TRUE(told.common[1].same_shape());
    EXPECT_FALSE(told.common[1].same_type());
}

// (3, 4) against (0, 4): the difference is 3 long, the first 5, and they meet at 0.8.
TEST(NumberDistance, of_two_vectors_is_as_worked_out_by_hand) {
    const std::vector<float> a = {3, 4}, b = {0, 4};
    const NumberDistance told = distance(a, b);
    EXPECT_EQ(told.pairs, 2U);
    EXPECT_EQ(told.max_abs, 3);
    EXPECT_EQ(*told.mean_abs(), 1.5);
    EXPECT_NEAR(*told.rmse(), 3 / std::sqrt(2.0), 1e-15);
    EXPECT_NEAR(*told.relative(), 0.6, 1e-15);
    EXPECT_NEAR(*told.cosine(), 0.8, 1e-15);
    EXPECT_FALSE(told.within(2.9));
    EXPECT_TRUE(told.within(3));
}

TEST(NumberDistance, keeps_what_is_not_finite_apart) {
    const float nan = std::nanf(""), most = std::numeric_limits<float>::infinity();
    std::vector<float> a(20, 1), b(20, 2);
    a[3] = b[3] = nan;
    a[4] = b[4] = most;
    a[5] = most;
    b[5] = -most;
    b[6] = nan;
    const NumberDistance told = distance(a, b);
    EXPECT_EQ(told.pairs, 16U);
    EXPECT_EQ(told.unlike, 2U);
    EXPECT_EQ(*told.mean_abs(), 1);
    EXPECT_FALSE(told.within(1));
    const std::vector<float> zeros(3);
    EXPECT_FALSE(distance(zeros, zeros).relative());
    EXPECT_FALSE(distance(zeros, zeros).cosine());
    EXPECT_FALSE(distance({}, {}).rmse());
}

// 150 000 numbers, more than a piece, of which every hundredth is larger by 1/8 in B; halves hold them exactly.
TEST(NumberDiff, compares_types_piece_by_piece_with_any_number_of_threads) {
    constexpr std::size_t kCount = 150000;
    const auto number = [](std::size_t i) { return static_cast<float>(i % 64) / 8; };
    std::vector<float> full(kCount);
    for (std::size_t i = 0; i < kCount; ++i) full[i] = number(i);
    const GgufBuilder::Fill halves = [&](std::span<std::byte> out) {
        for (std::size_t i = 0; i < kCount; ++i) {
            const std::uint16_t half = test::round_to_half(number(i) + (i % 100 == 0 ? 0.125F : 0.0F));
            std::memcpy(out.data() + 2 * i, &half, 2);
        }
    };
    const BuiltFile a(with_keys().tensor("x", "f32", {250, 600}, test::fill_f32(full)).tensor("y", "f32", {8}));
    const BuiltFile b(with_keys().tensor("x", "f16", {250, 600}, halves).tensor("y", "f32", {8}));
    const TensorDifferences pairs = compare_tensors(a.file, b.file);
    std::vector<double> figures;
    for (const unsigned threads : {1U, 3U}) {
        std::uint64_t all = 0, read = 0;
        const auto told =
            compare_numbers(a.file, b.file, pairs.common, threads,
                            {[&](std::uint64_t bytes) { all = bytes; }, [&](std::uint64_t bytes) { read += bytes; }});
        ASSERT_EQ(told.size(), 2U);
        EXPECT_EQ(all, kCount * 6 + 64);
        EXPECT_EQ(read, all);
        EXPECT_TRUE(told[0].compared);
        EXPECT_FALSE(told[0].equal);
        EXPECT_EQ(told[0].distance.pairs, kCount);
        EXPECT_EQ(told[0].distance.max_abs, 0.125);
        EXPECT_NEAR(*told[0].distance.mean_abs(), 0.00125, 1e-12);
        EXPECT_NEAR(*told[0].distance.rmse(), 0.0125, 1e-12);
        EXPECT_TRUE(told[1].equal);
        figures.push_back(*told[0].distance.cosine());
    }
    EXPECT_EQ(figures[0], figures[1]);
}

TEST(NumberDiff, leaves_out_other_shapes_and_finds_equal_numbers_of_two_types) {
    const BuiltFile a(with_keys().tensor("x", "f32", {4, 2}).tensor("y", "f32", {64}));
    const BuiltFile b(with_keys().tensor("x", "f32", {8}).tensor("y", "q8_0", {64}));
    const auto told = compare_numbers(a.file, b.file, compare_tensors(a.file, b.file).common, 1);
    EXPECT_FALSE(told[0].compared);
    EXPECT_TRUE(told[1].compared);
    EXPECT_FALSE(told[1].equal) << "of other bytes";
    EXPECT_TRUE(told[1].distance.within(0));
}

TEST(NumberDiff, reads_rows_that_are_longer_than_a_piece_to_their_end) {
    std::vector<float> longer(200000);
    const BuiltFile a(with_keys().tensor("x", "f32", {100000, 2}, test::fill_f32(longer)));
    longer.back() = 5;
    const BuiltFile b(with_keys().tensor("x", "f32", {100000, 2}, test::fill_f32(longer)));
    const auto told = compare_numbers(a.file, b.file, compare_tensors(a.file, b.file).common, 2);
    EXPECT_EQ(told[0].distance.pairs, 200000U);
    EXPECT_EQ(told[0].distance.max_abs, 5);
    EXPECT_EQ(told[0].distance.sum_squares, 25);
}

TEST(NumberDiff, compares_numbers_as_they_are_used_whatever_basis_they_are_stored_in) {
    const test::Rotated rotated = {.matrices = {"w"}, .tables = {}, .block = 4};
    std::vector<float> rows(64);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<float>(i % 7);
    GgufBuilder keyed = with_keys();
    for (const auto& [key, value] : rotated.keys()) keyed.key(key, value);
    const BuiltFile plain(with_keys().tensor("w", "f32", {16, 4}, test::fill_f32(rows)));
    std::vector<std::byte> turned = keyed.tensor("w", "f32", {16, 4}, test::fill_f32(rows)).bytes();
    const BuiltFile as_if_turned(turned);
    rotated.rotate(turned);
    const BuiltFile truly_turned(turned);
    const auto distance_to = [&](const BuiltFile& other) {
        return compare_numbers(plain.file, other.file, compare_tensors(plain.file, other.file).common, 1).at(0);
    };
    EXPECT_TRUE(distance_to(truly_turned).distance.within(1e-5));
    EXPECT_FALSE(distance_to(as_if_turned).equal) << "the same bytes mean other numbers";
    EXPECT_FALSE(distance_to(as_if_turned).distance.within(1));
}

}  // namespace
}  // namespace attnx::analysis
