// SentencePiece unigram: the text is normalised, and of all ways to cover it with tokens the one with the
// greatest sum of scores (log probabilities) is found by dynamic programming over its characters (Viterbi).
// Kudo 2018, "Subword regularization".
#include <algorithm>
#include <limits>

#include "charsmap.h"
#include "encoder.h"
#include "prefix_tree.h"
#include "unicode.h"

namespace attnx::text {
namespace {

using Entries = std::vector<std::pair<std::string_view, std::uint32_t>>;

Entries tokens_stored_as(const Vocab& vocab, std::uint16_t any_of) {
    Entries out;
    for (TokenId id = 0; id < vocab.size(); ++id)
        if (vocab.was_stored_as(id, any_of)) out.emplace_back(vocab.text(id), id);
    return out;
}

// A character that no token covers costs this much more than the rarest token.
constexpr float kUnknownPenalty = 10.0F;

float unknown_score(const Vocab& vocab) {
    float lowest = std::numeric_limits<float>::max();
    for (TokenId id = 0; id < vocab.size(); ++id)
        if (vocab.was_stored_as(id, attribute::normal)) lowest = std::min(lowest, vocab.score(id));
    return lowest - kUnknownPenalty;
}

class UnigramEncoder : public Encoder {
public:
    explicit UnigramEncoder(const Vocab& vocab)
        : vocab_(vocab),
          charsmap_(vocab.charsmap()),
          user_defined_(tokens_stored_as(vocab, attribute::user_defined)),
          tokens_(tokens_stored_as(vocab, attribute::normal | attribute::user_defined | attribute::unused)),
          unknown_score_(unknown_score(vocab)) {}

    void encode(std::string_view text, std::vector<TokenId>& ids) const override {
        const std::string normalized = normalize(vocab_.rules().nfc ? to_utf8(nfc(decode_utf8(text))) : text);
        if (!normalized.empty()) append_best(cover(normalized), ids);
    }

private:
    // The best way to cover the text up to a place: its last token and where that began.
    struct Cover {
        std::optional<TokenId> token;  // nothing: unknown
        std::size_t begin = 0;
        double score = -std::numeric_limits<double>::max();
    };

    struct Normalized {
        std::string_view text;
        std::size_t consumed;
    };

    Normalized normalize_prefix(std::string_view text) const {
        // User-defined tokens stay as they are; so does what merely begins like one (llama.cpp).
        if (const std::size_t kept = user_defined_.walk(text, [](std::size_t, std::uint32_t) {}))
            return {text.substr(0, kept), kept};
        if (const auto replacement = charsmap_.find(text)) return {replacement->text, replacement->consumed};
        std::size_t end = 0;
        if (decode_one(text, end)) return {text.substr(0, end), end};
        return {"\xEF\xBF\xBD", 1};
    }

    std::string normalize(std::string_view text) const {
        const TextRules& rules = vocab_.rules();
        const std::string_view space = rules.escape_spaces ? kEscapedSpace : " ";
        std::string out;
        out.reserve(text.size() * 2);
        bool begun = false, in_word = false;
        while (!text.empty()) {
            const Normalized next = normalize_prefix(text);
            for (const char c : next.text) {
                if (c == ' ') {
                    in_word = false;
                    if (!rules.remove_extra_whitespaces) out += space;
                    continue;
                }
                if (!in_word && ((rules.add_space_prefix && !begun) || rules.remove_extra_whitespaces)) {
                    out += space;
                    begun = true;
                }
                in_word = true;
                out += c;
            }
            text.remove_prefix(next.consumed);
        }
        return out;
    }

    std::vector<Cover> cover(std::string_view text) const {
        std::vector<Cover> best(text.size() + 1);
        best[0].score = 0;
        const auto offer = [&best](std::size_t end, const Cover& challenger) {
            if (challenger.score > best[end].score) best[end] = challenger;
        };
        for (std::size_t begin = 0; begin < text.size();) {
            const std::size_t character = std::min(length_by_lead_byte(text[begin]), text.size() - begin);
            bool covered = false;
            tokens_.walk(text.substr(begin), [&](std::size_t length, TokenId id) {
                covered |= length == character;
                const double score = vocab_.has(id, attribute::user_defined) ? 0.0 : double{vocab_.score(id)};
                offer(begin + length, {id, begin, best[begin].score + score});
            });
            if (!covered) offer(begin + character, {std::nullopt, begin, best[begin].score + double{unknown_score_}});
            begin += character;
        }
        return best;
    }

    // Neighbouring unknown characters become one unknown token.
    void append_best(const std::vector<Cover>& best, std::vector<TokenId>& ids) const {
        const std::size_t first = ids.size();
        bool after_unknown = false;
        for (std::size_t end = best.size() - 1; end > 0; end = best[end].begin) {
            const TokenId id = best[end].token ? *best[end].token : unknown_or_throw(vocab_, "a character");
            const bool unknown = id == vocab_.special().unk;
            if (!unknown || !after_unknown) ids.push_back(id);
            after_unknown = unknown;
        }
        std::reverse(ids.begin() + static_cast<std::ptrdiff_t>(first), ids.end());
    }

    const Vocab& vocab_;
    Charsmap charsmap_;
    PrefixTree user_defined_;
    PrefixTree tokens_;
    float unknown_score_;
};

}  // namespace

std::unique_ptr<Encoder> make_unigram_encoder(const Vocab& vocab) { return std::make_unique<UnigramEncoder>(vocab); }

}  // namespace attnx::text
