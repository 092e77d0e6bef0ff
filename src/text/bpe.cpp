// Byte-level BPE: the pre-tokenizer cuts the text into pieces; each starts as characters (of GPT-2's byte
// alphabet) and the pair that comes first in the file's list of merges is merged, until none is left.
// Sennrich et al. 2016; Radford et al. 2019. Two dialects cut the text themselves before that: "hybriddna"
// (hybrid_dna.cpp) and "whitespace".
#include "bpe.h"

#include <fmt/format.h>

#include <algorithm>

#include "merge_queue.h"
#include "pretokenize.h"
#include "unicode.h"

namespace attnx::text {

BpeEncoder::BpeEncoder(const Vocab& vocab) : vocab_(vocab), splitter_(vocab.pre()->splits) {}

void BpeEncoder::encode(std::string_view text, std::vector<TokenId>& ids) const {
    if (vocab_.rules().escape_spaces) encode_stretch(replace_all(text, " ", kEscapedSpace), ids);
    else encode_stretch(text, ids);
}

void BpeEncoder::encode_stretch(std::string_view text, std::vector<TokenId>& ids) const {
    encode_pieces(decode_utf8(text), ids);
}

void BpeEncoder::encode_pieces(std::u32string_view text, std::vector<TokenId>& ids) const {
    std::u32string rewritten;
    if (vocab_.pre()->rewrite != nullptr) text = rewritten = vocab_.pre()->rewrite(text);
    std::size_t begin = 0;
    for (const std::size_t end : splitter_.piece_ends(text)) {
        std::string piece = to_utf8(text.substr(begin, end - begin));
        encode_piece(vocab_.pre()->printable_bytes ? to_printable_bytes(piece) : piece, ids);
        begin = end;
    }
}

void BpeEncoder::encode_piece(std::string_view piece, std::vector<TokenId>& ids) const {
    const bool whole =
        vocab_.pre()->ignore_merges || (vocab_.pre()->join_newlines && piece.find_first_not_of('\n') == piece.npos);
    if (whole) {
        if (const auto id = vocab_.find(piece)) {
            ids.push_back(*id);
            return;
        }
    }
    std::vector<Symbol> symbols = chain_of_characters(piece);
    std::string pair;
    const auto rate = [&](std::string_view left, std::string_view right) -> std::optional<std::uint32_t> {
        if (left.size() + 1 + right.size() > vocab_.longest_merge()) return std::nullopt;
        pair.assign(left).append(1, ' ').append(right);
        return vocab_.merge_rank(pair);
    };
    MergeQueue<std::uint32_t, decltype(rate)>(symbols, rate).run();
    for (std::uint32_t at = 0; at != kNoSymbol; at = symbols[at].next) append(symbols[at].text, ids);
}

// A symbol that is no token becomes its bytes; bytes that are none vanish, as in llama.cpp.
void BpeEncoder::append(std::string_view symbol, std::vector<TokenId>& ids) const {
    if (const auto id = vocab_.find(symbol)) {
        ids.push_back(*id);
        return;
    }
    if (vocab_.pre()->plain_words) {
        ids.push_back(unknown_or_throw(vocab_, "a word"));
        return;
    }
    for (const char c : symbol) {
        const auto id = vocab_.pre()->printable_bytes ? vocab_.find({&c, 1})
                                                      : vocab_.find(token_of_byte(static_cast<unsigned char>(c)));
        if (id) ids.push_back(*id);
    }
}

namespace {

// Whitespace only separates, and is dropped.
class WhitespaceEncoder : public BpeEncoder {
public:
    using BpeEncoder::BpeEncoder;

protected:
    void encode_stretch(std::string_view text, std::vector<TokenId>& ids) const override {
        std::u32string word;
        const auto flush = [&] {
            if (!word.empty()) encode_pieces(word, ids);
            word.clear();
        };
        for (const char32_t c : decode_utf8(text)) {
            if (is_whitespace(c)) flush();
            else word.push_back(vocab().rules().lowercase ? lower(c) : c);
        }
        flush();
    }
};

}  // namespace

std::unique_ptr<Encoder> make_bpe_encoder(const Vocab& vocab) {
    if (vocab.model() == "hybriddna") return make_hybrid_dna_encoder(vocab);
    if (vocab.model() == "whitespace") return std::make_unique<WhitespaceEncoder>(vocab);
    return std::make_unique<BpeEncoder>(vocab);
}

}  // namespace attnx::text
