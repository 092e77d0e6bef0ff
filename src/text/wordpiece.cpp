// WordPiece: the text is normalised and cut into words; a word, with "▁" before it, is covered from the left
// by the longest tokens that fit. A word that cannot be covered is one unknown token. Devlin et al. 2019,
// "BERT", tokenization.py; the stored tokens begin words with "▁" where BERT's own files mark continuations
// with "##".
#include <algorithm>
#include <array>

#include "encoder.h"
#include "prefix_tree.h"
#include "unicode.h"

namespace attnx::text {
namespace {

// Ideographs, each a word of its own. The gap in extension E is one that Hugging Face's tokenizers made.
bool is_ideograph(char32_t c) {
    constexpr std::array<std::array<char32_t, 2>, 8> kBlocks = {{{0x4E00, 0x9FFF},
                                                                 {0x3400, 0x4DBF},
                                                                 {0x20000, 0x2A6DF},
                                                                 {0x2A700, 0x2B73F},
                                                                 {0x2B740, 0x2B81F},
                                                                 {0x2B920, 0x2CEAF},
                                                                 {0xF900, 0xFAFF},
                                                                 {0x2F800, 0x2FA1F}}};
    return std::any_of(kBlocks.begin(), kBlocks.end(),
                       [c](const auto& block) { return c >= block[0] && c <= block[1]; });
}

bool stands_alone(char32_t c) {
    const Category kind = category(c);
    return kind == Category::punctuation || (c < 0x7F && kind == Category::symbol) || is_ideograph(c);
}

class WordpieceEncoder : public Encoder {
public:
    explicit WordpieceEncoder(const Vocab& vocab) : vocab_(vocab), tree_(entries(vocab)) {}

    void encode(std::string_view text, std::vector<TokenId>& ids) const override {
        for (const std::string& word : words(text)) encode_word(std::string(kEscapedSpace) + word, ids);
    }

private:
    static std::vector<std::pair<std::string_view, std::uint32_t>> entries(const Vocab& vocab) {
        std::vector<std::pair<std::string_view, std::uint32_t>> out;
        out.reserve(vocab.size());
        for (TokenId id = 0; id < vocab.size(); ++id) out.emplace_back(vocab.text(id), id);
        return out;
    }

    std::vector<std::string> words(std::string_view text) const {
        std::vector<std::string> out;
        std::string word;
        const auto flush = [&] {
            if (!word.empty()) out.push_back(std::move(word));
            word.clear();
        };
        for (char32_t c : decode_utf8(text)) {
            if (vocab_.rules().strip_accents) c = nfd_head(c);
            if (is_whitespace(c)) {
                flush();
                continue;
            }
            const Category kind = category(c);
            if (c == 0 || c == kReplacementCharacter || kind == Category::control) continue;
            if (vocab_.rules().strip_accents && kind == Category::mark) continue;
            const bool alone = stands_alone(c);
            if (alone) flush();
            append_utf8(word, vocab_.rules().lowercase ? lower(c) : c);
            if (alone) flush();
        }
        flush();
        return out;
    }

    void encode_word(std::string_view word, std::vector<TokenId>& ids) const {
        const std::size_t before = ids.size();
        while (!word.empty()) {
            const auto token = tree_.longest(word);
            if (!token) {
                ids.resize(before);
                ids.push_back(unknown_or_throw(vocab_, "a word"));
                return;
            }
            ids.push_back(token->number);
            word.remove_prefix(token->length);
        }
    }

    const Vocab& vocab_;
    PrefixTree tree_;
};

}  // namespace

std::unique_ptr<Encoder> make_wordpiece_encoder(const Vocab& vocab) {
    return std::make_unique<WordpieceEncoder>(vocab);
}

}  // namespace attnx::text
