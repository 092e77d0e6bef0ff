// Sequences of DNA within a text.
#include <gtest/gtest.h>

#include "small_vocab.h"

namespace attnx::text {
namespace {

const std::string kMark = "\xEE\x80\x80";

test::GgufBuilder dna_file(const std::string& filler) {
    return bpe_file("gpt-2",
                    {{"A"},
                     {"C"},
                     {"<dna>"},
                     {"</dna>"},
                     {"<oov>"},
                     {"ACGTAC" + kMark},
                     {"CC" + filler + kMark},
                     {"CC" + filler},
                     {"ANNNNN" + (filler == "NNNN" ? kMark : "")},
                     {"Ġ"}},
                    {}, "hybriddna");
}

TEST(HybridDna, writes_sequences_in_sixes_filled_up_with_a) {
    const Small small(dna_file("AAAA"));
    EXPECT_EQ(small.ids("CA<dna>acgtacCCNNNNNNCC</dna>A"), (Ids{1, 0, 2, 5, 4, 4, 3, 0}));
    EXPECT_EQ(small.ids("<dna> CC\n"), (Ids{2, 6}));
    EXPECT_EQ(small.ids("CC</dna>A<dna></dna>"), (Ids{6, 3, 0, 2, 3})) << "the mark that opens may be missing";
    EXPECT_EQ(small.tokenizer.piece(6), "CCAAAA");
}

TEST(HybridDna, fills_up_with_n_where_the_vocabulary_does) {
    const Small small(dna_file("NNNN"));
    EXPECT_EQ(small.ids("<dna>CC"), (Ids{2, 6}));
    EXPECT_EQ(small.ids("<dna>A"), (Ids{2, 8}));
    EXPECT_EQ(small.tokenizer.piece(6), "CC");
    EXPECT_EQ(small.tokenizer.piece(8), "A");
}

TEST(HybridDna, recognises_dna_in_a_text_where_the_file_asks_for_it) {
    const Small small(dna_file("AAAA").key("tokenizer.ggml.dna_auto_tags", true));
    EXPECT_EQ(small.ids("CA ACGTAC A"), (Ids{1, 0, 9, 2, 5, 3, 9, 0}));
    EXPECT_EQ(small.ids("ACG TAC ACG TAC AC GTAC"), (Ids{2, 5, 5, 5, 3})) << "written in groups";
    EXPECT_EQ(small.ids("ACGTACACGTRN"), (Ids{2, 5, 4, 3})) << "two letters of twelve stand for several bases";
    EXPECT_EQ(small.ids("AC"), (Ids{0, 1}));
}

}  // namespace
}  // namespace attnx::text
