// RWKV "world": the longest token that fits, byte by byte from the left. Tokens are stored escaped, as Python
// prints bytes.
#include <fmt/format.h>

#include <deque>

#include "encoder.h"
#include "prefix_tree.h"

namespace attnx::text {
namespace {

class RwkvEncoder : public Encoder {
public:
    explicit RwkvEncoder(const Vocab& vocab) : vocab_(vocab), tree_(entries(vocab, texts_)) {}

    void encode(std::string_view text, std::vector<TokenId>& ids) const override {
        while (!text.empty()) {
            const auto token = tree_.longest(text);
            ids.push_back(
                token ? token->number
                      : unknown_or_throw(vocab_, fmt::format("byte 0x{:02x}", static_cast<unsigned char>(text[0]))));
            text.remove_prefix(token ? token->length : 1);
        }
    }

private:
    static std::vector<std::pair<std::string_view, std::uint32_t>> entries(const Vocab& vocab,
                                                                           std::deque<std::string>& texts) {
        std::vector<std::pair<std::string_view, std::uint32_t>> out;
        out.reserve(vocab.size());
        for (TokenId id = 0; id < vocab.size(); ++id)
            out.emplace_back(texts.emplace_back(unescape_rwkv(vocab.text(id))), id);
        return out;
    }

    const Vocab& vocab_;
    std::deque<std::string> texts_;  // unescaped, where the tree can view them
    PrefixTree tree_;
};

}  // namespace

// A digit of \xNN counts as llama.cpp counts it: 'a' and above from 10, all else from '0'.
std::string unescape_rwkv(std::string_view stored) {
    std::string out;
    out.reserve(stored.size());
    const auto digit = [](char c) { return static_cast<unsigned char>(c >= 'a' ? c - 'a' + 10 : c - '0'); };
    for (std::size_t i = 0; i < stored.size(); ++i) {
        if (stored[i] != '\\') {
            out += stored[i];
            continue;
        }
        if (++i == stored.size()) break;
        switch (stored[i]) {
            case 't': out += '\t'; break;
            case 'n': out += '\n'; break;
            case 'r': out += '\r'; break;
            case 'x':
                if (i + 2 < stored.size())
                    out +=
                        static_cast<char>(static_cast<unsigned char>(digit(stored[i + 1]) << 4) + digit(stored[i + 2]));
                i += 2;
                break;
            default: out += stored[i];
        }
    }
    return out;
}

std::unique_ptr<Encoder> make_rwkv_encoder(const Vocab& vocab) { return std::make_unique<RwkvEncoder>(vocab); }

}  // namespace attnx::text
