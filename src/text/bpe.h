// text: byte-level BPE, and what its dialects share.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "encoder.h"
#include "split.h"

namespace attnx::text {

class BpeEncoder : public Encoder {
public:
    explicit BpeEncoder(const Vocab& vocab);

    void encode(std::string_view text, std::vector<TokenId>& ids) const final;

protected:
    // Of a text whose spaces are escaped already where they are at all.
    virtual void encode_stretch(std::string_view text, std::vector<TokenId>& ids) const;
    void encode_pieces(std::u32string_view text, std::vector<TokenId>& ids) const;
    const Vocab& vocab() const { return vocab_; }

private:
    void encode_piece(std::string_view piece, std::vector<TokenId>& ids) const;
    void append(std::string_view symbol, std::vector<TokenId>& ids) const;

    const Vocab& vocab_;
    Splitter splitter_;
};

std::unique_ptr<Encoder> make_hybrid_dna_encoder(const Vocab& vocab);

}  // namespace attnx::text
