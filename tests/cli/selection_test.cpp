#include "../../src/cli/arguments/selection.h"

#include <gtest/gtest.h>

#include "attnx/base/error.h"

namespace attnx::cli {
namespace {

using Indices = std::vector<std::uint32_t>;

TEST(LayerSelection, understands_numbers_ranges_all_and_last) {
    EXPECT_EQ(IndexSelection::parse("0-3,7", "layer").resolve(9), (Indices{0, 1, 2, 3, 7}));
    EXPECT_EQ(IndexSelection::parse("7,0-3,2", "layer").resolve(9), (Indices{0, 1, 2, 3, 7}));
    EXPECT_EQ(IndexSelection::parse("last", "layer").resolve(9), (Indices{8}));
    EXPECT_EQ(IndexSelection::parse("0,last", "layer").resolve(2), (Indices{0, 1}));
    EXPECT_EQ(IndexSelection::parse("all", "layer").resolve(3), (Indices{0, 1, 2}));
    EXPECT_EQ(IndexSelection().resolve(2), (Indices{0, 1}));
    EXPECT_EQ(IndexSelection::parse("5-99", "layer").resolve(7), (Indices{5, 6}));
}

TEST(LayerSelection, refuses_what_it_does_not_understand) {
    for (const char* text : {"", "a", "3-", "-3", "5-2", "1,,2", "1 2", "99999999999", "0x1"})
        EXPECT_THROW(IndexSelection::parse(text, "layer"), Error) << text;
}

TEST(LayerSelection, says_that_a_layer_is_not_there) {
    try {
        IndexSelection::parse("9", "layer").resolve(9);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::not_found);
        EXPECT_EQ(error.message(), "there is no layer 9: the model has 9");
    }
}

TEST(HeadSelection, means_every_layer_or_one) {
    const auto every = HeadSelection::parse("1-2,last");
    EXPECT_TRUE(every.contains(7, 2, 8));
    EXPECT_TRUE(every.contains(0, 7, 8));
    EXPECT_FALSE(every.contains(0, 3, 8));
    EXPECT_FALSE(every.layers());
    for (const char* text : {"5.3,6.0-1", "L5H3,L6H0-1", "l5h3,6.0-1"}) {
        const auto one = HeadSelection::parse(text);
        EXPECT_TRUE(one.contains(5, 3, 8));
        EXPECT_FALSE(one.contains(4, 3, 8));
        EXPECT_TRUE(one.contains(6, 1, 8));
        EXPECT_EQ(*one.layers(), (Indices{5, 6}));
    }
    EXPECT_TRUE(HeadSelection::parse("all").all());
    EXPECT_FALSE(HeadSelection().layers());
}

model::ModelSpec three_layers_of_four_heads() {
    model::ModelSpec spec;
    spec.layer_count = 3;
    spec.layers.resize(4);  // the last one predicts ahead: it is not among the layers one looks at
    for (model::LayerSpec& layer : spec.layers) layer.head_count = 4;
    return spec;
}

TEST(ChooseLayers, takes_those_of_the_heads_unless_layers_are_chosen) {
    const auto spec = three_layers_of_four_heads();
    const auto all = IndexSelection();
    EXPECT_EQ(choose_layers(all, HeadSelection(), spec), (Indices{0, 1, 2}));
    EXPECT_EQ(choose_layers(all, HeadSelection::parse("3"), spec), (Indices{0, 1, 2}));
    EXPECT_EQ(choose_layers(all, HeadSelection::parse("2.0,1.3"), spec), (Indices{1, 2}));
    EXPECT_EQ(choose_layers(IndexSelection::parse("0-1", "layer"), HeadSelection::parse("1.3"), spec), (Indices{0, 1}));
}

TEST(ChooseLayers, says_what_is_not_there) {
    const auto spec = three_layers_of_four_heads();
    for (const char* heads : {"4", "99.0", "3.0", "L1H4"}) {
        try {
            choose_layers(IndexSelection(), HeadSelection::parse(heads), spec);
            ADD_FAILURE() << heads;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::not_found) << heads;
        }
    }
    EXPECT_THROW(choose_layers(IndexSelection::parse("0", "layer"), HeadSelection::parse("1.3"), spec), Error);
}

TEST(HeadSelection, refuses_what_it_does_not_understand) {
    for (const char* text : {"", "L5", "H3", "5.", ".3", "L5H", "5.3.1", "LH"})
        EXPECT_THROW(HeadSelection::parse(text), Error) << text;
}

}  // namespace
}  // namespace attnx::cli
