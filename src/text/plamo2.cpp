// PLaMo 2: of all ways to cover the text with tokens the cheapest, by dynamic programming from its end. A
// token costs minus its score in ten-thousandths; a character that is no token costs a thousand and becomes
// its bytes. Among equally cheap ways the one that begins with the longest token is taken.
// (tokenization_plamo.py walks a table of suffixes to the same end.)
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

class Plamo2Encoder : public Encoder {
public:
    explicit Plamo2Encoder(const Vocab& vocab) : vocab_(vocab), tree_(entries(vocab)) {
        for (TokenId id = 0; id < vocab.size(); ++id) {
            const std::string_view text = vocab.text(id);
            if (vocab.was_stored_as(id, attribute::byte) && text.size() == 6 && text.starts_with("<0x") &&
                text.back() == '>')
                bytes_[*byte_of_token(text)] = id;
        }
        for (std::size_t byte = 0; byte < bytes_.size(); ++byte)
            if (bytes_[byte] == 0)
                throw Error(ErrorCode::bad_value, fmt::format("the vocabulary has no token for byte 0x{:02x}", byte));
    }

    void encode(std::string_view text, std::vector<TokenId>& ids) const override {
        std::u32string characters = decode_utf8(text);
        if (characters.front() == 0xFEFF) characters.erase(0, 1);  // a byte order mark
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

private:
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

std::unique_ptr<Encoder> make_plamo2_encoder(const Vocab& vocab) { return std::make_unique<Plamo2Encoder>(vocab); }

}  // namespace attnx::text
