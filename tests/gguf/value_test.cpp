#include "attnx/gguf/value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <limits>

#include "attnx/gguf/file.h"
#include "support/gguf_builder.h"

namespace attnx::gguf {
namespace {

using test::GgufBuilder;
using test::GgufValue;

struct Form {
    std::uint32_t version;
    bool big_endian;
};
std::ostream& operator<<(std::ostream& out, const Form& form) {
    return out << "version " << form.version << (form.big_endian ? ", big-endian" : ", little-endian");
}

class EveryForm : public testing::TestWithParam<Form> {
protected:
    GgufBuilder builder() const {
        GgufBuilder result;
        result.version(GetParam().version);
        if (GetParam().big_endian) result.big_endian();
        return result;
    }
};
INSTANTIATE_TEST_SUITE_P(Values, EveryForm,
                         testing::Values(Form{1, false}, Form{2, false}, Form{3, false}, Form{1, true}, Form{2, true},
                                         Form{3, true}));

TEST_P(EveryForm, scalars_come_back_as_they_were_written) {
    const auto bytes = builder()
                           .key("u8", std::uint8_t{200})
                           .key("i8", std::int8_t{-100})
                           .key("u16", std::uint16_t{60'000})
                           .key("i16", std::int16_t{-30'000})
                           .key("u32", 4'000'000'000u)
                           .key("i32", -2'000'000'000)
                           .key("f32", 1.5f)
                           .key("bool", true)
                           .key("string", "h\xC3\xA9llo")
                           .key("empty", "")
                           .key("u64", std::uint64_t{0xFEDCBA9876543210})
                           .key("i64", std::int64_t{-5'000'000'000})
                           .key("f64", -0.1)
                           .bytes();
    const File file = File::from_bytes(bytes, "x");
    const Metadata& m = file.metadata();
    EXPECT_EQ(file.header().version, GetParam().version);
    EXPECT_EQ(m.find("u8")->as<std::uint8_t>(), 200);
    EXPECT_EQ(m.find("i8")->as<std::int8_t>(), -100);
    EXPECT_EQ(m.find("u16")->as<std::uint16_t>(), 60'000);
    EXPECT_EQ(m.find("i16")->as<std::int16_t>(), -30'000);
    EXPECT_EQ(m.find("u32")->as<std::uint32_t>(), 4'000'000'000u);
    EXPECT_EQ(m.find("i32")->as<std::int32_t>(), -2'000'000'000);
    EXPECT_EQ(m.find("f32")->as<float>(), 1.5f);
    EXPECT_EQ(m.find("bool")->as<bool>(), true);
    EXPECT_EQ(m.find("string")->as<std::string_view>(), "h\xC3\xA9llo");
    EXPECT_EQ(m.find("empty")->as<std::string_view>(), "");
    EXPECT_EQ(m.find("u64")->as<std::uint64_t>(), 0xFEDCBA9876543210u);
    EXPECT_EQ(m.find("i64")->as<std::int64_t>(), -5'000'000'000);
    EXPECT_EQ(m.find("f64")->as<double>(), -0.1);
    EXPECT_EQ(m.find("u8")->as<std::int8_t>(), std::nullopt);
    EXPECT_EQ(m.find("absent"), nullptr);
}

TEST_P(EveryForm, arrays_come_back_as_they_were_written) {
    const std::vector<std::string> words = {"a", "", "long enough", "z"};
    const std::vector<float> floats = {0.5f, -2.0f};
    const std::vector<std::uint64_t> wide = {1, 0x8000000000000000};
    const auto bytes = builder()
                           .key("words", words)
                           .key("floats", floats)
                           .key("wide", wide)
                           .key("bools", std::vector<bool>{true, false, true})
                           .key("none", std::vector<std::int16_t>{})
                           .bytes();
    const File file = File::from_bytes(bytes, "x");
    const Metadata& m = file.metadata();
    std::vector<std::string> read;
    m.array("words")->for_each([&](std::uint64_t, const Value& v) { read.emplace_back(*v.as<std::string_view>()); });
    EXPECT_EQ(read, words);
    EXPECT_EQ(m.array("words")->at(2).as<std::string_view>(), "long enough");
    EXPECT_EQ(m.array("floats")->at(1).as<float>(), -2.0f);
    EXPECT_EQ(m.array("wide")->at(1).as<std::uint64_t>(), 0x8000000000000000);
    EXPECT_EQ(m.array("bools")->at(2).as<bool>(), true);
    EXPECT_EQ(m.array("bools")->at(1).as<bool>(), false);
    EXPECT_EQ(m.array("none")->size(), 0u);
    EXPECT_EQ(m.array("none")->element_type(), ValueType::i16);
}

TEST_P(EveryForm, nested_arrays_come_back_as_they_were_written) {
    const std::vector<std::vector<std::int32_t>> rows = {{1, 2, 3}, {}, {-4}};
    const auto bytes = builder().key("rows", rows).key("after", 7u).bytes();
    const File file = File::from_bytes(bytes, "x");
    EXPECT_EQ(file.metadata().u32("after"), 7u);
    std::vector<std::vector<std::int32_t>> read;
    file.metadata().array("rows")->for_each([&](std::uint64_t, const Value& row) {
        read.emplace_back();
        row.array()->for_each([&](std::uint64_t, const Value& v) { read.back().push_back(*v.as<std::int32_t>()); });
    });
    EXPECT_EQ(read, rows);
    EXPECT_EQ(file.metadata().array("rows")->at(2).array()->at(0).as<std::int32_t>(), -4);
}

TEST_P(EveryForm, tensors_come_back_as_they_were_written) {
    const auto bytes = builder().tensor("a", "f32", {3, 2}).tensor("b", "q8_0", {64, 5, 2}).bytes();
    const File file = File::from_bytes(bytes, "x");
    const TensorInfo* b = file.find_tensor("b");
    ASSERT_NE(b, nullptr);
    EXPECT_EQ(b->dimension_count, 3u);
    EXPECT_EQ(b->ne, (std::array<std::uint64_t, 4>{64, 5, 2, 1}));
    EXPECT_EQ(b->elements, 640u);
    EXPECT_EQ(b->bytes, 680u);
    EXPECT_EQ(b->offset, file.header().data_offset + 32);
    EXPECT_EQ(file.data(*b).data(), bytes.data() + b->offset);
}

// For each, a file of one key "k".
class Number : public testing::Test {
protected:
    template <class T>
    Value value(T number) {
        bytes_.push_back(GgufBuilder().key("k", number).bytes());
        files_.push_back(File::from_bytes(bytes_.back(), "x"));
        return *files_.back().metadata().find("k");
    }

private:
    std::deque<std::vector<std::byte>> bytes_;
    std::deque<File> files_;
};

TEST_F(Number, to_unsigned_takes_any_integer_that_is_not_negative) {
    EXPECT_EQ(value(std::uint8_t{7}).to_unsigned(), 7u);
    EXPECT_EQ(value(std::int64_t{7}).to_unsigned(), 7u);
    EXPECT_EQ(value(std::numeric_limits<std::uint64_t>::max()).to_unsigned(),
              std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(value(true).to_unsigned(), 1u);
    EXPECT_EQ(value(std::int8_t{-1}).to_unsigned(), std::nullopt);
    EXPECT_EQ(value(std::int64_t{-1}).to_unsigned(), std::nullopt);
    EXPECT_EQ(value(7.0f).to_unsigned(), std::nullopt);
    EXPECT_EQ(value("7").to_unsigned(), std::nullopt);
}

TEST_F(Number, to_signed_takes_any_integer_that_fits) {
    EXPECT_EQ(value(std::int16_t{-7}).to_signed(), -7);
    EXPECT_EQ(value(4'000'000'000u).to_signed(), 4'000'000'000);
    EXPECT_EQ(value(std::numeric_limits<std::uint64_t>::max()).to_signed(), std::nullopt);
    EXPECT_EQ(value(true).to_signed(), std::nullopt);
}

TEST_F(Number, to_double_takes_any_number) {
    EXPECT_EQ(value(0.5f).to_double(), 0.5);
    EXPECT_EQ(value(-0.1).to_double(), -0.1);
    EXPECT_EQ(value(std::int32_t{-3}).to_double(), -3.0);
    EXPECT_EQ(value("3").to_double(), std::nullopt);
    EXPECT_EQ(value(true).to_double(), std::nullopt);
    EXPECT_TRUE(std::isnan(*value(std::numeric_limits<float>::quiet_NaN()).to_double()));
}

TEST(ForEach, stops_when_the_visitor_says_so) {
    const auto bytes = GgufBuilder().key("k", std::vector<std::string>{"a", "b", "c"}).bytes();
    const File file = File::from_bytes(bytes, "x");
    std::string seen;
    file.metadata().array("k")->for_each([&](std::uint64_t, const Value& v) {
        seen += *v.as<std::string_view>();
        return seen.size() < 2;
    });
    EXPECT_EQ(seen, "ab");
}

}  // namespace
}  // namespace attnx::gguf
