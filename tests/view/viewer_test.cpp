// A page carries weights in few bytes, and texts that are only ever texts.
#include "attnx/view/viewer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "support/base64.h"

namespace attnx::test {
namespace {

using view::Packing;

// Read back as the page does (viewer/b_model.js).
std::vector<double> unpacked(const std::string& text, Packing packing) {
    const std::vector<std::byte> bytes = from_base64(text);
    const std::size_t size = view::bits_of(packing) / 8;
    std::vector<double> values;
    for (std::size_t at = 0; at + size <= bytes.size(); at += size) {
        std::uint32_t code = 0;
        for (std::size_t i = 0; i < size; ++i) code |= std::to_integer<std::uint32_t>(bytes[at + i]) << (8 * i);
        float weight = 0;
        std::memcpy(&weight, &code, sizeof weight);
        const double part = code / (std::pow(2.0, view::bits_of(packing)) - 1);
        values.push_back(packing == Packing::float32 ? double{weight} : part * part);
    }
    return values;
}

std::vector<float> many_weights() {
    std::vector<float> weights = {0, 1, 0.5F, 1e-9F, 0.9999999F, 1.0F / 3};
    std::mt19937 generator(4);
    std::uniform_real_distribution<float> any(0, 1);
    for (int i = 0; i < 5000; ++i) weights.push_back(i % 2 == 0 ? any(generator) : std::pow(any(generator), 8.0F));
    return weights;
}

TEST(Viewer, packs_weights_no_farther_off_than_it_says) {
    const std::vector<float> weights = many_weights();
    for (const Packing packing : {Packing::code8, Packing::code16}) {
        const std::vector<double> back = unpacked(view::packed(weights, packing), packing);
        ASSERT_EQ(back.size(), weights.size());
        double most = 0;
        for (std::size_t i = 0; i < weights.size(); ++i) most = std::max(most, std::abs(back[i] - double{weights[i]}));
        EXPECT_LE(most, view::largest_error(packing));
        EXPECT_GT(most, view::largest_error(packing) / 2);  // it is not a bound of something else
        EXPECT_EQ(back[0], 0);
        EXPECT_EQ(back[1], 1);
    }
    // Halfway between the roots of the last two codes: (m - 1/2)² / m² is 1 - (m - 1/4) / m² away from 1.
    EXPECT_DOUBLE_EQ(view::largest_error(Packing::code8), 254.75 / (255.0 * 255.0));
    EXPECT_LT(view::largest_error(Packing::code16), 2e-5);
}

TEST(Viewer, packs_exact_weights_bit_for_bit) {
    std::vector<float> weights = many_weights();
    const std::vector<double> back = unpacked(view::packed(weights, Packing::float32), Packing::float32);
    ASSERT_EQ(back.size(), weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i) EXPECT_EQ(back[i], double{weights[i]});
    EXPECT_EQ(view::largest_error(Packing::float32), 0);
}

TEST(Viewer, packs_what_is_no_number_as_nothing) {
    const std::vector<float> odd = {std::nanf(""), -1.0F, 2.0F, std::numeric_limits<float>::infinity()};
    EXPECT_EQ(unpacked(view::packed(odd, Packing::code16), Packing::code16), (std::vector<double>{0, 0, 1, 1}));
}

TEST(Viewer, knows_how_long_what_it_packs_becomes) {
    for (const Packing packing : {Packing::code8, Packing::code16, Packing::float32})
        for (std::size_t count = 0; count < 8; ++count)
            EXPECT_EQ(view::packed(std::vector<float>(count, 0.25F), packing).size(),
                      view::packed_length(count, packing));
    // 0.25 is the square of 1/2: 128 of 255 in eight bits, "gA==" in base64.
    EXPECT_EQ(view::packed(std::vector<float>{0.25F}, Packing::code8), "gA==");
}

std::string page_of(const view::Document& document, const std::string& title) {
    view::TextSink out;
    view::ViewerPage page(out, title);
    page.rows({3, 1, 0, std::vector<float>{1.0F}}, Packing::code8);
    page.data(document);
    page.without_program(document);
    page.finish();
    return out.text;
}

std::size_t count_of(std::string_view text, std::string_view what) {
    std::size_t count = 0;
    for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++count;
    return count;
}

TEST(Viewer, lets_no_text_become_markup) {
    const std::string bad =
        "</script></title></noscript><img src=x onerror=alert(1)><!--\x1b[31m\xe2\x80\xae\xed\xa0\x80\"'&";
    view::Document document{.command = "odd", .model = view::ModelRef{bad, bad, bad}};
    document.blocks.emplace_back(view::Note{bad});
    document.blocks.emplace_back(view::Facts{.facts = {{"fact", bad, bad}}});
    view::Table table{.id = "table", .title = bad, .columns = {{"a", bad}}};
    table.rows = {{view::Token{bad}}, {bad}};
    document.blocks.emplace_back(table);
    document.blocks.emplace_back(view::Matrix{.title = bad,
                                              .rows = {.name = bad, .size = 1, .labels = {view::Token{bad}}},
                                              .columns = {.name = bad, .size = 1},
                                              .values = view::rows_of({1.0F}, 1),
                                              .shading = {.blank = bad}});
    document.findings.push_back({FindingId::not_finite, bad});
    const view::Document plain{.command = "odd", .blocks = {view::Note{"x"}}};
    const std::string page = page_of(document, bad), other = page_of(plain, "x");

    EXPECT_EQ(count_of(page, "<img"), 0u);
    EXPECT_EQ(count_of(page, "<!--"), 0u);
    EXPECT_EQ(page.find('\x1b'), page.npos);
    EXPECT_EQ(page.find("\xe2\x80\xae"), page.npos);  // right-to-left override
    EXPECT_EQ(page.find("\xed\xa0\x80"), page.npos);  // half of a surrogate pair
    // As many elements of each kind end as in a page without any odd text.
    for (const char* end : {"</script>", "</title>", "</noscript>", "</style>"})
        EXPECT_EQ(count_of(page, end), count_of(other, end)) << end;
    EXPECT_NE(page.find("\\u003c/script\\u003e"), page.npos);
    EXPECT_NE(page.find("&lt;/script&gt;"), page.npos);
}

TEST(Viewer, asks_nothing_of_any_network_and_runs_only_its_own_program) {
    const std::string page = page_of({.command = "x"}, "x");
    EXPECT_NE(page.find("content=\"default-src 'none'; script-src 'sha256-"), page.npos);
    for (const char* word : {"http:", "https:", "src=\"", "@import", "url(", "unsafe-inline", "eval("})
        EXPECT_EQ(page.find(word), page.npos) << word;
}

TEST(Viewer, shows_the_greatest_of_many_cells_without_programs) {
    constexpr std::size_t kTokens = 130;  // three cells become one: 44 squares
    std::vector<float> values(kTokens * kTokens, 0.0F);
    values[100 * kTokens + 40] = 1.0F;
    view::Document document{.command = "x"};
    document.blocks.emplace_back(view::Matrix{.title = "map",
                                              .rows = {.name = "queries", .size = kTokens},
                                              .columns = {.name = "keys", .size = kTokens},
                                              .values = view::rows_of(values, kTokens)});
    const std::string page = page_of(document, "x");
    EXPECT_NE(page.find("the greatest of 3 × 3 cells"), page.npos);
    EXPECT_NE(page.find("<path fill=\"#fde725\" d=\"M13 33h1v1h-1z\"/>"), page.npos);  // column 40 / 3, row 100 / 3
}

}  // namespace
}  // namespace attnx::test
