// text: text to token ids and back, as llama.cpp b12032 does it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/text/vocab.h"

namespace attnx::text {

class Encoder;          // one per algorithm, src/text/encoder.h
class SpecialSplitter;  // src/text/special_splitter.h

struct DecodeOptions {
    bool remove_special = false;  // drop the BOS and EOS that encode() added
    bool control_tokens = true;   // show control and unknown tokens
};

// Owns its Vocab, which views a gguf::File that must outlive both. Move-only; const use from several threads
// is safe.
class Tokenizer {
public:
    // As Vocab::from; also bad_value for tables that make no sense (a broken charsmap, missing byte tokens).
    static Tokenizer from(const gguf::Metadata& metadata);
    explicit Tokenizer(Vocab vocab);

    Tokenizer(Tokenizer&&) noexcept;
    Tokenizer& operator=(Tokenizer&&) noexcept;
    ~Tokenizer();

    const Vocab& vocab() const { return *vocab_; }

    // `add_special`: BOS, EOS and separators as the vocabulary's rules say. `parse_special`: control tokens
    // spelled out in the text count as such (user-defined tokens always do). Any bytes are taken; the cost is
    // at most n log n in their number. Throws bad_value when the rules ask for a token that the vocabulary
    // does not have.
    std::vector<TokenId> encode(std::string_view text, bool add_special, bool parse_special) const;

    // Throws bad_value for ids outside the vocabulary. The bytes may be invalid UTF-8 when tokens end inside
    // characters.
    std::string decode(std::span<const TokenId> ids, DecodeOptions options = {}) const;

    // What one token stands for, spaces unescaped. Control tokens show as they are spelled, unused ones as
    // nothing.
    std::string piece(TokenId id) const;

private:
    std::unique_ptr<Vocab> vocab_;
    std::unique_ptr<SpecialSplitter> special_splitter_;
    std::unique_ptr<Encoder> encoder_;
};

}  // namespace attnx::text
