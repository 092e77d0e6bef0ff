// Byte-level BPE: the pre-tokenizer cuts the text into pieces; each starts as characters (of GPT-2's byte
// alphabet) and the pair that comes first in the file's list of merges is merged, until none is left.
// Sennrich et al. 2016; Radford et al. 2019. Two dialects cut the text themselves before that: "hybriddna"
// and "whitespace".
#include <fmt/format.h>

#include <algorithm>

#include "encoder.h"
#include "merge_queue.h"
#include "pretokenize.h"
#include "split.h"
#include "unicode.h"

namespace attnx::text {
namespace {

class BpeEncoder : public Encoder {
public:
    explicit BpeEncoder(const Vocab& vocab) : vocab_(vocab), splitter_(vocab.pre()->splits) {}

    void encode(std::string_view text, std::vector<TokenId>& ids) const final {
        if (vocab_.rules().escape_spaces) encode_stretch(replace_all(text, " ", kEscapedSpace), ids);
        else encode_stretch(text, ids);
    }

protected:
    virtual void encode_stretch(std::string_view text, std::vector<TokenId>& ids) const {
        encode_pieces(decode_utf8(text), ids);
    }

    void encode_pieces(std::u32string_view text, std::vector<TokenId>& ids) const {
        std::size_t begin = 0;
        for (const std::size_t end : splitter_.piece_ends(text)) {
            std::string piece = to_utf8(text.substr(begin, end - begin));
            encode_piece(vocab_.pre()->printable_bytes ? to_printable_bytes(piece) : piece, ids);
            begin = end;
        }
    }

    const Vocab& vocab() const { return vocab_; }

private:
    void encode_piece(std::string_view piece, std::vector<TokenId>& ids) const {
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
    void append(std::string_view symbol, std::vector<TokenId>& ids) const {
        if (const auto id = vocab_.find(symbol)) {
            ids.push_back(*id);
            return;
        }
        for (const char c : symbol) {
            const auto id = vocab_.pre()->printable_bytes ? vocab_.find({&c, 1})
                                                          : vocab_.find(token_of_byte(static_cast<unsigned char>(c)));
            if (id) ids.push_back(*id);
        }
    }

    const Vocab& vocab_;
    Splitter splitter_;
};

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

// "<dna>ACGTAC…</dna>" becomes tokens of six letters, the last filled up with A; everything else is ordinary
// BPE.
class HybridDnaEncoder : public BpeEncoder {
public:
    explicit HybridDnaEncoder(const Vocab& vocab)
        : BpeEncoder(vocab), begin_(vocab.find(kOpen)), end_(vocab.find(kClose)), unknown_(vocab.find("<oov>")) {}

protected:
    void encode_stretch(std::string_view text, std::vector<TokenId>& ids) const override {
        if (!begin_ || !end_ || !unknown_) return BpeEncoder::encode_stretch(text, ids);
        while (!text.empty()) {
            const std::size_t open = std::min(text.find(kOpen), text.size());
            if (open > 0) BpeEncoder::encode_stretch(text.substr(0, open), ids);
            if (open == text.size()) return;
            ids.push_back(*begin_);
            text.remove_prefix(open + kOpen.size());
            const std::size_t close = text.find(kClose);
            encode_letters(text.substr(0, close), ids);
            if (close == text.npos) return;
            ids.push_back(*end_);
            text.remove_prefix(close + kClose.size());
        }
    }

private:
    static constexpr std::string_view kOpen = "<dna>", kClose = "</dna>";
    static constexpr std::size_t kLetters = 6;

    void encode_letters(std::string_view letters, std::vector<TokenId>& ids) const {
        for (; !letters.empty(); letters.remove_prefix(std::min(kLetters, letters.size()))) {
            std::string word(letters.substr(0, kLetters));
            for (char& c : word) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
            word.resize(kLetters, 'A');
            ids.push_back(vocab().find(word.append(kDnaMark)).value_or(*unknown_));
        }
    }

    std::optional<TokenId> begin_, end_, unknown_;
};

}  // namespace

std::unique_ptr<Encoder> make_bpe_encoder(const Vocab& vocab) {
    if (vocab.model() == "hybriddna") return std::make_unique<HybridDnaEncoder>(vocab);
    if (vocab.model() == "whitespace") return std::make_unique<WhitespaceEncoder>(vocab);
    return std::make_unique<BpeEncoder>(vocab);
}

}  // namespace attnx::text
