#include "special_splitter.h"

#include <algorithm>
#include <tuple>

#include "unicode.h"

namespace attnx::text {
namespace {

std::vector<TokenId> special_tokens(const Vocab& vocab) {
    std::vector<TokenId> tokens;
    for (TokenId id = 0; id < vocab.size(); ++id)
        if (vocab.has(id, attribute::control | attribute::user_defined | attribute::unknown)) tokens.push_back(id);
    std::stable_sort(tokens.begin(), tokens.end(),
                     [&](TokenId a, TokenId b) { return vocab.text(a).size() > vocab.text(b).size(); });
    return tokens;
}

std::vector<std::pair<std::string_view, std::uint32_t>> entries(const Vocab& vocab,
                                                                const std::vector<TokenId>& tokens) {
    std::vector<std::pair<std::string_view, std::uint32_t>> out;
    for (std::uint32_t i = 0; i < tokens.size(); ++i) out.emplace_back(vocab.text(tokens[i]), i);
    return out;
}

struct Occurrence {
    std::uint32_t rank;  // index into tokens_
    std::size_t begin;
};

// Where each byte of the text went.
constexpr std::uint8_t kFree = 0, kTaken = 1;

}  // namespace

SpecialSplitter::SpecialSplitter(const Vocab& vocab) : tokens_(special_tokens(vocab)), tree_(entries(vocab, tokens_)) {}

std::vector<Fragment> SpecialSplitter::split(const Vocab& vocab, std::string_view text, bool control) const {
    if (text.empty()) return {};
    std::vector<Occurrence> occurrences;
    for (std::size_t begin = 0; begin < text.size(); ++begin)
        tree_.walk(text.substr(begin), [&](std::size_t, std::uint32_t rank) {
            if (control || !vocab.has(tokens_[rank], attribute::control | attribute::unknown))
                occurrences.push_back({rank, begin});
        });
    if (occurrences.empty()) return {{std::nullopt, text}};
    std::sort(occurrences.begin(), occurrences.end(), [](const Occurrence& a, const Occurrence& b) {
        return std::tie(a.rank, a.begin) < std::tie(b.rank, b.begin);
    });

    std::vector<std::uint8_t> bytes(text.size(), kFree);
    std::vector<Occurrence> kept;
    for (const Occurrence& occurrence : occurrences) {
        const TokenId id = tokens_[occurrence.rank];
        std::size_t begin = occurrence.begin, end = begin + vocab.text(id).size();
        if (std::find(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                      bytes.begin() + static_cast<std::ptrdiff_t>(end),
                      kTaken) != bytes.begin() + static_cast<std::ptrdiff_t>(end))
            continue;
        kept.push_back(occurrence);
        if (vocab.has(id, attribute::strip_left))
            while (begin > 0 && bytes[begin - 1] == kFree && is_ascii_space(text[begin - 1])) --begin;
        if (vocab.has(id, attribute::strip_right))
            while (end < text.size() && bytes[end] == kFree && is_ascii_space(text[end])) ++end;
        std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.begin() + static_cast<std::ptrdiff_t>(end),
                  kTaken);
    }
    std::sort(kept.begin(), kept.end(), [](const Occurrence& a, const Occurrence& b) { return a.begin < b.begin; });

    std::vector<Fragment> fragments;
    const auto add_text = [&](std::size_t from, std::size_t to) {  // the free stretch in [from, to)
        while (from < to && bytes[from] == kTaken) ++from;
        while (to > from && bytes[to - 1] == kTaken) --to;
        if (from < to) fragments.push_back({std::nullopt, text.substr(from, to - from)});
    };
    std::size_t reached = 0;
    for (const Occurrence& occurrence : kept) {
        const TokenId id = tokens_[occurrence.rank];
        add_text(reached, occurrence.begin);
        fragments.push_back({id, vocab.text(id)});
        reached = occurrence.begin + vocab.text(id).size();
    }
    add_text(reached, text.size());
    return fragments;
}

}  // namespace attnx::text
