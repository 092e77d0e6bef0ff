// "hybriddna": what lies between "<dna>" and "</dna>" becomes tokens of six bases, everything else is ordinary BPE.
// As llama.cpp b12032 does it (src/llama-vocab.cpp, llm_tokenizer_hybriddna_session): without "<dna>" a text is DNA up
// to its "</dna>"; whitespace at either end is no DNA; the last token is filled up; six letters that are not all bases
// are "<oov>". Files may ask that DNA is recognised without marks (tokenizer.ggml.dna_auto_tags).
#include <algorithm>

#include "bpe.h"
#include "unicode.h"

namespace attnx::text {
namespace {

constexpr std::string_view kOpen = "<dna>", kClose = "</dna>", kOov = "<oov>";
constexpr std::size_t kLetters = 6;

constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }
constexpr bool is_letter(char c) { return upper(c) >= 'A' && upper(c) <= 'Z'; }
constexpr bool is_base(char c) { return c == 'A' || c == 'C' || c == 'G' || c == 'T'; }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
// A base or one of the letters that stand for several (IUPAC).
constexpr bool is_code(char c) { return std::string_view("ACGTRYSWKMBDHVN").find(upper(c)) != std::string_view::npos; }

// Where bases written in short groups ("ACGTA CGTAC …") end that begin here; nothing when they are too few groups.
std::optional<std::size_t> end_of_groups(std::string_view text, std::size_t begin) {
    constexpr std::size_t kGroup = 5, kFewest = 6;
    std::optional<std::size_t> end;
    for (std::size_t groups = 1;; ++groups) {
        std::size_t stop = begin;
        while (stop < text.size() && stop - begin < kGroup && is_base(text[stop])) ++stop;
        if (stop == begin) return end;
        if (groups >= kFewest && (stop == text.size() || !is_letter(text[stop]))) end = stop;
        begin = stop;
        while (begin < text.size() && is_blank(text[begin])) ++begin;
        if (begin == stop) return end;
    }
}

std::string join_groups(std::string_view text) {
    constexpr std::size_t kFewestBases = 12;
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const bool begins = is_base(text[at]) && (at == 0 || !is_letter(text[at - 1]));
        const auto end = begins ? end_of_groups(text, at) : std::nullopt;
        if (!end) {
            out += text[at++];
            continue;
        }
        std::string bases;
        std::copy_if(text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(*end),
                     std::back_inserter(bases), [](char c) { return !is_blank(c); });
        out += bases.size() >= kFewestBases ? bases : std::string(text.substr(at, *end - at));
        at = *end;
    }
    return out;
}

// Six bases, or twelve letters of which at most a fifth stand for several.
bool is_dna(std::string_view codes) {
    const auto vague =
        static_cast<std::size_t>(std::ranges::count_if(codes, [](char c) { return !is_base(upper(c)); }));
    return vague == 0 ? codes.size() >= kLetters : codes.size() >= 2 * kLetters && 5 * vague <= codes.size();
}

class HybridDnaEncoder : public BpeEncoder {
public:
    explicit HybridDnaEncoder(const Vocab& vocab)
        : BpeEncoder(vocab), begin_(vocab.find(kOpen)), end_(vocab.find(kClose)), unknown_(vocab.find(kOov)) {
        if (vocab.find(std::string("ANNNNN").append(kDnaMark))) filler_ = 'N';
    }

protected:
    void encode_stretch(std::string_view text, std::vector<TokenId>& ids) const override {
        if (!begin_ || !end_ || !unknown_) return encode_text(text, ids);
        while (!text.empty()) {
            const std::size_t open = text.find(kOpen), close = text.find(kClose);
            if (open < close) {
                encode_around_dna(text.substr(0, open), ids);
                text.remove_prefix(open + kOpen.size());
                ids.push_back(*begin_);
            } else if (close == text.npos) {
                return encode_around_dna(text, ids);
            }
            const std::size_t end = text.find(kClose);
            encode_dna(text.substr(0, end), ids);
            if (end == text.npos) return;
            ids.push_back(*end_);
            text.remove_prefix(end + kClose.size());
        }
    }

private:
    void encode_text(std::string_view text, std::vector<TokenId>& ids) const {
        if (!text.empty()) BpeEncoder::encode_stretch(text, ids);
    }

    void encode_around_dna(std::string_view stored, std::vector<TokenId>& ids) const {
        if (!vocab().rules().dna_auto_tags) return encode_text(stored, ids);
        const std::string joined = join_groups(stored);
        const std::string_view text = joined;
        std::size_t reached = 0;
        for (std::size_t begin = 0; begin < text.size();) {
            std::size_t end = begin;
            while (end < text.size() && is_code(text[end])) ++end;
            if (is_dna(text.substr(begin, end - begin))) {
                encode_text(text.substr(reached, begin - reached), ids);
                ids.push_back(*begin_);
                encode_dna(text.substr(begin, end - begin), ids);
                ids.push_back(*end_);
                reached = end;
            }
            begin = std::max(end, begin + 1);
        }
        encode_text(text.substr(reached), ids);
    }

    void encode_dna(std::string_view stored, std::vector<TokenId>& ids) const {
        const std::u32string decoded = decode_utf8(stored);
        std::u32string_view letters = decoded;
        while (!letters.empty() && is_whitespace(letters.front())) letters.remove_prefix(1);
        while (!letters.empty() && is_whitespace(letters.back())) letters.remove_suffix(1);
        for (; !letters.empty(); letters.remove_prefix(std::min(kLetters, letters.size())))
            ids.push_back(token_of(letters.substr(0, kLetters)));
    }

    TokenId token_of(std::u32string_view letters) const {
        std::string word;
        for (const char32_t c : letters) {
            const char letter = c < 0x80 ? upper(static_cast<char>(c)) : '\0';
            if (!is_base(letter)) return *unknown_;
            word += letter;
        }
        word.resize(kLetters, filler_);
        return vocab().find(word.append(kDnaMark)).value_or(*unknown_);
    }

    std::optional<TokenId> begin_, end_, unknown_;
    char filler_ = 'A';  // in newer vocabularies N, which stands for any base
};

}  // namespace

std::unique_ptr<Encoder> make_hybrid_dna_encoder(const Vocab& vocab) {
    return std::make_unique<HybridDnaEncoder>(vocab);
}

}  // namespace attnx::text
