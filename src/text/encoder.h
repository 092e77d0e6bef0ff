// text: an algorithm that turns a stretch of text without special tokens into token ids.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "attnx/text/vocab.h"

namespace attnx::text {

// Views its Vocab, which must outlive it. Const use from several threads is safe.
class Encoder {
public:
    virtual ~Encoder() = default;
    // Appends the ids of `text`, which is not empty. Throws bad_value where the vocabulary has no token for
    // it.
    virtual void encode(std::string_view text, std::vector<TokenId>& ids) const = 0;
};

// In the file of that name.
std::unique_ptr<Encoder> make_bpe_encoder(const Vocab& vocab);
std::unique_ptr<Encoder> make_spm_encoder(const Vocab& vocab);
std::unique_ptr<Encoder> make_wordpiece_encoder(const Vocab& vocab);
std::unique_ptr<Encoder> make_unigram_encoder(const Vocab& vocab);
std::unique_ptr<Encoder> make_rwkv_encoder(const Vocab& vocab);
std::unique_ptr<Encoder> make_plamo_encoder(const Vocab& vocab);
std::unique_ptr<Encoder> make_test_encoder(const Vocab& vocab);
std::unique_ptr<Encoder> make_encoder(const Vocab& vocab);

// The unknown token, or bad_value saying what has no token.
TokenId unknown_or_throw(const Vocab& vocab, std::string_view what);

// "\t", "\xff" … in a stored RWKV token as the bytes they stand for.
std::string unescape_rwkv(std::string_view stored);

}  // namespace attnx::text
