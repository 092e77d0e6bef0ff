// SentencePiece BPE: the text, spaces as "▁", starts as characters; of all neighbouring pairs that form a
// token the one with the highest score is merged, until none is left. Characters that are no token become
// bytes, "<0xE2>" and so on. Kudo and Richardson 2018, "SentencePiece"; the order of equals (leftmost first)
// is llama.cpp's.
#include <fmt/format.h>

#include "encoder.h"
#include "merge_queue.h"
#include "unicode.h"

namespace attnx::text {
namespace {

class SpmEncoder : public Encoder {
public:
    explicit SpmEncoder(const Vocab& vocab) : vocab_(vocab) {}

    void encode(std::string_view text, std::vector<TokenId>& ids) const override {
        const std::string escaped = replace_all(text, " ", kEscapedSpace);
        std::vector<Symbol> symbols = chain_of_characters(escaped);
        const auto rate = [this](std::string_view left, std::string_view right) -> std::optional<float> {
            const auto id = vocab_.find({left.data(), left.size() + right.size()});
            return id ? std::optional(-vocab_.score(*id)) : std::nullopt;
        };
        MergeQueue<float, decltype(rate)>(symbols, rate).run();
        for (std::uint32_t at = 0; at != kNoSymbol; at = symbols[at].next) append(symbols[at].text, ids);
    }

private:
    void append(std::string_view symbol, std::vector<TokenId>& ids) const {
        if (const auto id = vocab_.find(symbol)) {
            ids.push_back(*id);
            return;
        }
        for (const char c : symbol) {
            const auto byte = static_cast<unsigned char>(c);
            auto id = vocab_.find(token_of_byte(byte));
            if (!id) id = vocab_.find({&c, 1});
            ids.push_back(id ? *id : unknown_or_throw(vocab_, fmt::format("byte 0x{:02x}", byte)));
        }
    }

    const Vocab& vocab_;
};

}  // namespace

std::unique_ptr<Encoder> make_spm_encoder(const Vocab& vocab) { return std::make_unique<SpmEncoder>(vocab); }

}  // namespace attnx::text
