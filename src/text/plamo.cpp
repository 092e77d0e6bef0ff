// PLaMo: of all ways to cover the text with tokens the cheapest, by dynamic programming from its end. A
// token costs minus its score in ten-thousandths; a character that is no token costs a thousand and becomes
// its bytes. Among equally cheap ways the one that begins with the longest token is taken.
// (tokenization_plamo.py walks a table of suffixes to the same end.) PLaMo 3 cuts the text first, as llama.cpp b12032
// does (src/llama-vocab.cpp, llm_tokenizer_plamo2::encode).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "attnx/base/error.h"
#include "encoder.h"
#include "prefix_tree.h"
#include "unicode.h"

namespace attnx::text {
namespace {

constexpr std::int64_t kUnknownCost = 10'000'000;
constexpr double kWorthlessScore = -20'000'000;  // in ten-thousandths; tokens that score no more are never used
constexpr double kLargestScore = 2'147'483'647;  // as far as sums are safe

// Marks where a PLaMo 3 text is cut: one more than characters.
using Cuts = std::vector<bool>;

// Around whatever is spelled like one of PLaMo's special tokens.
void cut_around_tags(std::u32string_view text, Cuts& cuts) {
    constexpr std::u32string_view kBegin = U"<|plamo:", kEnd = U"|>";
    constexpr std::size_t kLongestName = 64;
    const auto in_name = [](char32_t c) { return c != U'|' && !(c >= 0x1C && c <= 0x1F) && !is_whitespace(c); };
    for (std::size_t at = text.find(kBegin); at != text.npos; at = text.find(kBegin, at)) {
        std::size_t end = at + kBegin.size();
        const std::size_t limit = std::min(text.size(), end + kLongestName);
        while (end < limit && in_name(text[end])) ++end;
        if (text.substr(end, kEnd.size()) != kEnd) {
            ++at;
            continue;
        }
        cuts[at] = cuts[end + kEnd.size()] = true;
        at = end + kEnd.size();
    }
}

// Around a run of four equal characters or two spaces; newlines may run.
void cut_around_runs(std::u32string_view text, Cuts& cuts) {
    constexpr std::size_t kLongRun = 4;
    for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
        end = begin + 1;
        while (end < text.size() && text[end] == text[begin] && !cuts[end]) ++end;
        const std::size_t run = end - begin;
        if ((run >= kLongRun && text[begin] != U'\n') || (run > 1 && text[begin] == U' '))
            cuts[begin] = cuts[end] = true;
    }
}

std::vector<std::u32string_view> segments_of(std::u32string_view text) {
    constexpr char32_t kBoundary = 0xEE00;  // private use: cuts, and is no text
    Cuts cuts(text.size() + 1);
    cut_around_tags(text, cuts);
    cut_around_runs(text, cuts);
    std::vector<std::u32string_view> segments;
    std::size_t begin = 0;
    for (std::size_t end = 0; end <= text.size(); ++end) {
        const bool boundary = end < text.size() && text[end] == kBoundary;
        if (end < text.size() && !cuts[end] && !boundary) continue;
        if (begin < end) segments.push_back(text.substr(begin, end - begin));
        begin = end + (boundary ? 1 : 0);
    }
    return segments;
}

class PlamoEncoder : public Encoder {
public:
    explicit PlamoEncoder(const Vocab& vocab) : vocab_(vocab), tree_(entries(vocab)) {
        for (TokenId id = 0; id < vocab.size(); ++id)
            if (vocab.was_stored_as(id, attribute::byte))
                if (const auto byte = spelled_byte(vocab.text(id))) bytes_[*byte] = id;
        for (std::size_t byte = 0; byte < bytes_.size(); ++byte)
            if (bytes_[byte] == 0)
                throw Error(ErrorCode::bad_value, fmt::format("the vocabulary has no token for byte 0x{:02x}", byte));
    }

    void encode(std::string_view text, std::vector<TokenId>& ids) const override {
        std::u32string characters = decode_utf8(text);
        if (vocab_.type() == VocabType::plamo3) {
            for (const std::u32string_view segment : segments_of(characters)) encode_segment(segment, ids);
            return;
        }
        if (characters.front() == 0xFEFF) characters.erase(0, 1);  // a byte order mark
        encode_segment(characters, ids);
    }

private:
    void encode_segment(std::u32string_view characters, std::vector<TokenId>& ids) const {
        const std::string clean = to_utf8(characters);
        const std::vector<Step> steps = cheapest(clean);
        for (std::size_t at = 0; at < clean.size(); at += steps[at].length) {
            if (steps[at].token) {
                ids.push_back(*steps[at].token);
                continue;
            }
            for (const char c : std::string_view(clean).substr(at, steps[at].length))
                ids.push_back(bytes_[static_cast<unsigned char>(c)]);
        }
    }

    struct Step {
        std::int64_t cost = std::numeric_limits<std::int64_t>::max();  // from here to the end
        std::size_t length = 0;
        std::optional<TokenId> token;
    };

    static std::vector<std::pair<std::string_view, std::uint32_t>> entries(const Vocab& vocab) {
        std::vector<std::pair<std::string_view, std::uint32_t>> out;
        for (TokenId id = 0; id < vocab.size(); ++id)
            if (!vocab.was_stored_as(id, attribute::byte) && std::isfinite(vocab.score(id)))
                out.emplace_back(vocab.text(id), id);
        return out;
    }

    std::vector<Step> cheapest(std::string_view text) const {
        std::vector<Step> steps(text.size() + 1);
        steps.back().cost = 0;
        for (std::size_t at = text.size(); at-- > 0;) {
            if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;  // inside a character
            const std::size_t character = length_by_lead_byte(text[at]);
            steps[at] = {steps[at + character].cost + kUnknownCost, character, std::nullopt};
            tree_.walk(text.substr(at), [&](std::size_t length, TokenId id) {
                const double score =
                    std::clamp(std::round(double{vocab_.score(id)} * 1e4), -kLargestScore, kLargestScore);
                const bool ends_character = at + length == text.size() || steps[at + length].length > 0;
                if (score <= kWorthlessScore || !ends_character) return;
                const std::int64_t cost = steps[at + length].cost - static_cast<std::int64_t>(score);
                if (cost <= steps[at].cost) steps[at] = {cost, length, id};
            });
        }
        return steps;
    }

    const Vocab& vocab_;
    PrefixTree tree_;
    std::array<TokenId, 256> bytes_{};  // 0: none
};

}  // namespace

std::unique_ptr<Encoder> make_plamo_encoder(const Vocab& vocab) { return std::make_unique<PlamoEncoder>(vocab); }

}  // namespace attnx::text
