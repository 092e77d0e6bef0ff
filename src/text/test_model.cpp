// "test": what llama.cpp feeds to models that are made to be measured. Five bytes are one token, whichever their hash
// names; there is no way back.
#include <algorithm>

#include "encoder.h"

namespace attnx::text {
namespace {

class TestEncoder : public Encoder {
public:
    explicit TestEncoder(const Vocab& vocab) : tokens_(vocab.size()) {}

    void encode(std::string_view text, std::vector<TokenId>& ids) const override {
        constexpr std::size_t kBytes = 5;
        for (; !text.empty(); text.remove_prefix(std::min(kBytes, text.size()))) {
            std::uint64_t hash = 0;
            for (const char c : text.substr(0, kBytes)) hash = hash * 31 + static_cast<unsigned char>(c);
            ids.push_back(static_cast<TokenId>(hash % tokens_));
        }
    }

private:
    std::uint64_t tokens_;  // one at least: a text has been split by them
};

}  // namespace

std::unique_ptr<Encoder> make_test_encoder(const Vocab& vocab) { return std::make_unique<TestEncoder>(vocab); }

}  // namespace attnx::text
