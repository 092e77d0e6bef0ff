// text: the table of pre-tokenizers, one row per name that `tokenizer.ggml.pre` can have.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace attnx::text {

// One step: every piece so far is cut at the matches of `pattern`; what lies between matches stays whole.
// \p{N L M P S} are Unicode categories as src/text/split.h explains; a pattern without them sees the text
// itself.
struct Split {
    std::string_view pattern;
    bool only_before = false;  // cut where a match begins, not where it ends
};

struct PreTokenizer {
    std::string_view name;
    std::span<const Split> splits;  // applied one after the other
    bool clean_spaces = true;       // decoding drops the space before punctuation and contractions
    bool ignore_merges = false;     // a piece that is a token needs no merges
    bool add_bos = false;           // unless the file says otherwise
    bool add_sep = false;
    bool printable_bytes =
        true;  // pieces are written in GPT-2's alphabet; otherwise as they are, unknown bytes as <0xNN>
    bool escape_spaces = false;  // a space is "▁", as in SentencePiece
    bool join_newlines = false;  // a run of newlines that is a token needs no merges
    bool default_bos = true;     // id 11 begins a text when the file names no BOS token
    bool force_bos = false;      // a BOS token whatever the file says
    bool plain_words = false;    // what is no token is the unknown one, and tokens are shown as they are stored
    bool lowercase = true;       // normalisation of "whitespace" vocabularies, unless the file says otherwise
    std::u32string (*rewrite)(std::u32string_view) = nullptr;  // what is made of a text before it is split
};

std::span<const PreTokenizer> pre_tokenizers();
const PreTokenizer* find_pre_tokenizer(std::string_view name);  // nullptr when unknown

}  // namespace attnx::text
