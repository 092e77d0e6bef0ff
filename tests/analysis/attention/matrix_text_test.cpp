#include "attnx/analysis/matrix_text.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "attnx/base/error.h"

namespace attnx::analysis {
namespace {

template <class T>
std::string raw_of(std::initializer_list<T> values, bool swapped = false) {
    std::string bytes;
    for (const T value : values) {
        char field[sizeof(T)];
        std::memcpy(field, &value, sizeof(T));
        if (swapped) std::reverse(field, field + sizeof(T));
        bytes.append(field, sizeof(T));
    }
    return bytes;
}

// As numpy/lib/format.py writes it, without the padding, which is of no meaning.
std::string npy(const std::string& descr, const std::string& order, const std::string& shape, const std::string& data) {
    const std::string header = "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
    std::string bytes("\x93NUMPY\x01\x00", 8);
    bytes += static_cast<char>(header.size());
    bytes += '\0';
    return bytes + header + data;
}

NumberMatrix read(const std::string& bytes) { return read_npy(std::as_bytes(std::span(bytes)), "a.npy"); }

std::string refusal(const std::string& bytes) {
    try {
        read(bytes);
    } catch (const Error& error) {
        return error.what();
    }
    return "none";
}

std::string csv_refusal(const std::string& text) {
    try {
        read_csv(text, "a.csv");
    } catch (const Error& error) {
        return error.what();
    }
    return "none";
}

const std::vector<double> kOneToSix = {1, 2, 3, 4, 5, 6};

TEST(ReadNpy, reads_numbers_of_every_width_and_byte_order) {
    for (const auto& [descr, data] : std::vector<std::pair<std::string, std::string>>{
             {"<f4", raw_of<float>({1, 2, 3, 4, 5, 6})},
             {">f4", raw_of<float>({1, 2, 3, 4, 5, 6}, true)},
             {"<f8", raw_of<double>({1, 2, 3, 4, 5, 6})},
             {">f8", raw_of<double>({1, 2, 3, 4, 5, 6}, true)},
             {"<f2", raw_of<std::uint16_t>({0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600})},
             {"|u1", raw_of<std::uint8_t>({1, 2, 3, 4, 5, 6})},
             {"<i2", raw_of<std::int16_t>({1, 2, 3, 4, 5, 6})},
             {"<u4", raw_of<std::uint32_t>({1, 2, 3, 4, 5, 6})},
             {"<i8", raw_of<std::int64_t>({1, 2, 3, 4, 5, 6})}}) {
        const NumberMatrix matrix = read(npy(descr, "False", "(2, 3)", data));
        EXPECT_EQ(matrix.rows, 2u);
        EXPECT_EQ(matrix.columns, 3u);
        EXPECT_EQ(matrix.values, kOneToSix) << descr;
        EXPECT_EQ(matrix.single, descr.ends_with("f4") || descr.ends_with("f2")) << descr;
    }
    EXPECT_EQ(read(npy("|i1", "False", "(1, 2)", raw_of<std::int8_t>({-1, 127}))).values,
              (std::vector<double>{-1, 127}));
}

TEST(ReadNpy, reads_columns_first_and_dimensions_of_one) {
    EXPECT_EQ(read(npy("<f8", "True", "(2, 3)", raw_of<double>({1, 4, 2, 5, 3, 6}))).values, kOneToSix);
    EXPECT_EQ(read(npy("<f8", "False", "(1, 1, 3, 2)", raw_of<double>({1, 2, 3, 4, 5, 6}))).rows, 3u);
}

TEST(ReadNpy, says_why_it_cannot_read_a_file) {
    EXPECT_NE(refusal("hello world").find("does not begin as .npy does"), std::string::npos);
    EXPECT_NE(refusal(npy("<f4", "False", "(2, 2)", "")).find("takes 16, and the file holds 0"), std::string::npos);
    EXPECT_NE(refusal(npy("<f4", "False", "(4,)", raw_of<float>({1, 2, 3, 4}))).find("no matrix"), std::string::npos);
    EXPECT_NE(refusal(npy("<f4", "False", "(2, 2, 2)", raw_of<float>({1, 2, 3, 4, 5, 6, 7, 8}))).find("(2, 2, 2)"),
              std::string::npos);
    EXPECT_NE(refusal(npy("<c8", "False", "(1, 1)", raw_of<double>({1}))).find("'<c8'"), std::string::npos);
    EXPECT_NE(refusal(npy("<f4", "False", "(4294967296, 4294967296)", "")).find("the file holds 0"), std::string::npos)
        << "a product beyond 64 bits";
    const std::string whole = npy("<f4", "False", "(1, 1)", raw_of<float>({1}));
    for (std::size_t length = 0; length < whole.size(); ++length)
        EXPECT_NE(refusal(whole.substr(0, length)), "none") << length;
}

TEST(ReadCsv, reads_lines_of_numbers) {
    for (const char* text :
         {"1,2,3\n4,5,6\n", "1;2;3\r\n4;5;6\r\n", "1\t2\t3\n4\t5\t6", "\xef\xbb\xbf 1, 2, 3\n\n4,+5,6\n"}) {
        const NumberMatrix matrix = read_csv(text, "a.csv");
        EXPECT_EQ(matrix.values, kOneToSix) << text;
        EXPECT_EQ(matrix.columns, 3u);
        EXPECT_TRUE(matrix.labels.empty());
        EXPECT_FALSE(matrix.single);
    }
    const NumberMatrix gaps = read_csv("1,\nnan,inf\n", "a.csv");
    EXPECT_TRUE(std::isnan(gaps.values[1]) && std::isnan(gaps.values[2]) && std::isinf(gaps.values[3]));
}

TEST(ReadCsv, takes_names_of_columns_from_the_first_line_and_leaves_names_of_rows) {
    EXPECT_EQ(read_csv("the,\"c,a\"\"t\"\n1,2\n", "a.csv").labels, (std::vector<std::string>{"the", "c,a\"t"}));
    const NumberMatrix both = read_csv(",the,cat\nthe,1,2\ncat,3,4\n", "a.csv");
    EXPECT_EQ(both.labels, (std::vector<std::string>{"the", "cat"}));
    EXPECT_EQ(both.values, (std::vector<double>{1, 2, 3, 4}));
    EXPECT_EQ(read_csv(",0,1\n0,1,2\n1,3,4\n", "a.csv").values, (std::vector<double>{1, 2, 3, 4})) << "pandas' own";
}

TEST(ReadCsv, says_which_line_is_odd) {
    EXPECT_NE(csv_refusal("1,2\n3\n").find("line 2: 1 numbers, where the first line has 2"), std::string::npos);
    EXPECT_NE(csv_refusal("1,2\n3,x\x1b[31m\n").find("line 2: 'x\\x1b[31m' is no number"), std::string::npos);
}

}  // namespace
}  // namespace attnx::analysis
