// Numbers written by their place, in every output that takes them so.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "attnx/view/outputs.h"

namespace attnx::view {
namespace {

class Bytes final : public SeekableSink {
public:
    void write(std::string_view piece) override {
        written += piece.size();
        if (text.size() < at_ + piece.size()) text.resize(at_ + piece.size());
        text.replace(at_, piece.size(), piece);
        at_ += piece.size();
    }
    void seek(std::uint64_t offset) override { at_ = offset; }
    void extend_to(std::uint64_t size) override {
        if (text.size() < size) text.resize(size);
    }
    std::string text;
    std::size_t written = 0;

private:
    std::size_t at_ = 0;
};

// [2 layers, 1 head, 2 queries, 2 keys], told out of order.
std::string written(std::string_view ending) {
    StreamPlan plan{.axes = {{.id = "layer", .size = 2},
                             {.id = "head", .size = 1},
                             {.id = "query", .size = 2, .labels = {Token{"<s>"}, Token{"a,\xE2"}}},
                             {.id = "key", .size = 2, .labels = {Token{"<s>"}, Token{"=a"}}}},
                    .value = "weight"};
    Bytes bytes;
    const auto stream = output_of_file(ending)->stream(plan, bytes);
    const auto tell = [&](std::vector<std::uint64_t> place, std::vector<std::uint64_t> names, std::vector<float> row) {
        stream->write(place, names, row);
    };
    tell({1, 0, 1}, {7, 3, 1}, {0.25f, 0.75f});
    tell({0, 0, 0}, {5, 3, 0}, {1});
    tell({0, 0, 1}, {5, 3, 1}, {0, std::nanf("")});
    return bytes.text;
}

TEST(Stream, of_csv_has_a_line_for_each_number_that_is_not_zero) {
    EXPECT_EQ(written(".csv"),
              "layer,head,query,query_token,key,key_token,weight\n"
              "7,3,1,\"a,<0xE2>\",0,<s>,0.25\n"
              "7,3,1,\"a,<0xE2>\",1,'=a,0.75\n"
              "5,3,0,<s>,0,<s>,1\n"
              "5,3,1,\"a,<0xE2>\",1,'=a,\n");
}

// numpy.lib.format: "\x93NUMPY", version 1.0, a length, a literal padded so that the numbers begin at a multiple of 64.
TEST(Stream, of_npy_has_every_number_at_its_place) {
    const std::string bytes = written(".npy");
    EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
    EXPECT_NE(bytes.find("'descr': '<f4', 'fortran_order': False, 'shape': (2, 1, 2, 2), }"), std::string::npos);
    const std::size_t data = bytes.find('\n') + 1;
    EXPECT_EQ(data % 64, 0u);
    ASSERT_EQ(bytes.size(), data + 8 * 4);
    const auto number = [&](std::size_t index) {
        std::uint32_t bits = 0;
        for (std::size_t i = 4; i-- > 0;) bits = bits << 8 | static_cast<unsigned char>(bytes[data + 4 * index + i]);
        return std::bit_cast<float>(bits);
    };
    EXPECT_EQ(number(0), 1.0f);
    for (const std::size_t never : {1u, 2u, 4u, 5u}) EXPECT_EQ(number(never), 0.0f) << never;
    EXPECT_TRUE(std::isnan(number(3)));
    EXPECT_EQ(number(6), 0.25f);
    EXPECT_EQ(number(7), 0.75f);
}

// Rows of 2500 keys, so that pages do not begin where rows do, of which query i sees 30 i.
TEST(Stream, of_npy_does_not_write_pages_of_masked_keys) {
    constexpr std::size_t kQueries = 80, kKeys = 2500, kPage = 4096;
    Bytes bytes;
    const auto stream = output_of_file(".npy")->stream(
        {.axes = {{.id = "query", .size = kQueries}, {.id = "key", .size = kKeys}}, .value = "weight"}, bytes);
    std::vector<float> all;
    std::size_t pages = 0;  // that lie in the rest of a row
    for (std::uint64_t i = 0; i < kQueries; ++i) {
        std::vector<float> row(kKeys);
        const std::size_t masked = (i * kKeys + 30 * i) * sizeof(float), end = (i + 1) * kKeys * sizeof(float);
        for (std::size_t page = (masked + kPage - 1) / kPage; i != 3 && (page + 1) * kPage <= end; ++page) ++pages;
        for (std::size_t j = 0; j < 30 * i; ++j) row[j] = static_cast<float>(j + 1);
        if (i == 3) std::fill(row.begin(), row.end(), -0.0F);  // no zeros that a hole is read as
        const std::uint64_t place[] = {i};
        stream->write(place, place, row);
        all.insert(all.end(), row.begin(), row.end());
    }
    const std::size_t data = bytes.text.find('\n') + 1;
    EXPECT_EQ(data % kPage, 0U);
    ASSERT_EQ(bytes.text.size(), data + all.size() * sizeof(float));
    if constexpr (std::endian::native == std::endian::little) {
        EXPECT_EQ(std::memcmp(bytes.text.data() + data, all.data(), all.size() * sizeof(float)), 0);
    }
    EXPECT_GT(pages, 30U);
    EXPECT_EQ(bytes.written, bytes.text.size() - pages * kPage);
}

TEST(Stream, is_tested_for_every_output_that_is_one) {
    for (const OutputRow& row : outputs()) {
        if (row.stream == nullptr) continue;
        EXPECT_TRUE(row.ending == ".csv" || row.ending == ".npy") << row.name << ": add what it writes above";
    }
}

}  // namespace
}  // namespace attnx::view
