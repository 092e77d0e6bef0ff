#include "support/agreement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace attnx::test {
namespace {

using namespace attnx::view;
using Lines = std::vector<std::string>;

constexpr Unit kUnits[] = {Unit::none,  Unit::id,    Unit::bytes,   Unit::count, Unit::tokens,
                           Unit::flops, Unit::ratio, Unit::percent, Unit::bits,  Unit::real};

// A number as such a column holds it: integers for what is counted, of all magnitudes.
Cell random_cell(Unit unit, std::mt19937_64& random) {
    if (random() % 9 == 0) return std::nullopt;
    const std::uint64_t whole = random() >> (random() % 64);
    const double real = std::ldexp(static_cast<double>(random() % 2 == 0 ? whole % 1'000'000 : whole),
                                   -static_cast<int>(random() % 24));
    switch (unit) {
        case Unit::bytes:
        case Unit::count:
        case Unit::id:
        case Unit::tokens: return whole;
        case Unit::none:
            return random() % 2 == 0 ? Cell(static_cast<std::int64_t>(whole / 2) * (random() % 2 == 0 ? 1 : -1))
                                     : Cell(whole);
        case Unit::flops:
        case Unit::ratio:
        case Unit::percent:
        case Unit::bits: return real;
        case Unit::real: return random() % 2 == 0 ? real : -real;
    }
    return {};
}

Document random_document(std::mt19937_64& random) {
    Document document{.command = "random"};
    Facts facts{.title = "Facts"};
    Table table{.id = "table", .title = "Table"};
    for (const Unit unit : kUnits) {
        const std::string id = "u" + std::to_string(static_cast<int>(unit));
        facts.facts.push_back({.id = "facts/" + id,
                               .label = "label " + id,
                               .value = random_cell(unit, random),
                               .unit = unit,
                               .remark = "12 as remark"});
        table.columns.push_back({.id = id, .label = "a " + id, .unit = unit});
    }
    for (int r = 0; r < 20; ++r) {
        table.rows.emplace_back();
        for (const Unit unit : kUnits) table.rows.back().push_back(random_cell(unit, random));
    }
    facts.facts.push_back({.id = "flag", .label = "flag", .value = true});
    document.blocks.emplace_back(std::move(facts));
    document.blocks.emplace_back(Note{"a note"});
    document.blocks.emplace_back(std::move(table));
    return document;
}

TEST(Agreement, table_and_json_hold_the_same_numbers) {
    std::mt19937_64 random(20260101);
    for (int i = 0; i < 200; ++i) {
        const Document document = random_document(random);
        ASSERT_EQ(disagreements(document), Lines{});
        ASSERT_GE(compared_values(document), 200u);
    }
}

TEST(Agreement, reads_rounded_numbers_as_intervals) {
    const auto around = [](std::string_view text, Unit unit, double value) {
        const auto read = read_number(text, unit);
        return read && read->low <= value && value <= read->high;
    };
    EXPECT_TRUE(around("45.0 MiB", Unit::bytes, 47'185'920));
    EXPECT_FALSE(around("45.0 MiB", Unit::bytes, 47'285'920));
    EXPECT_TRUE(around("47,185,920", Unit::none, 47'185'920));
    EXPECT_FALSE(around("47,185,920", Unit::none, 47'185'921));
    EXPECT_TRUE(around("8k", Unit::tokens, 8192));
    EXPECT_FALSE(around("8k", Unit::tokens, 8000));
    EXPECT_TRUE(around("12.5 %", Unit::percent, 0.1253));
    EXPECT_TRUE(around("1.2e-07", Unit::real, 1.23e-7));
    EXPECT_FALSE(read_number("45.0 MiB", Unit::count));
}

}  // namespace
}  // namespace attnx::test
