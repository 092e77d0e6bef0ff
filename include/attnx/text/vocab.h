// text: the vocabulary of a model, as its file stores it and as llama.cpp completes it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/base/findings.h"
#include "attnx/gguf/metadata.h"

namespace attnx::text {

using TokenId = std::uint32_t;

struct PreTokenizer;  // a row of src/text/pretokenize.cpp
class TextIndex;      // src/text/text_index.h
class LazyTextIndex;

// The algorithm, told by `tokenizer.ggml.model`.
enum class VocabType : std::uint8_t {
    spm,     // SentencePiece BPE: merges by token score, byte fallback ("llama")
    bpe,     // byte-level BPE: merges by rank after pre-splitting ("gpt2", "gemma4", "whitespace", "hybriddna")
    wpm,     // WordPiece: longest match in words ("bert")
    ugm,     // SentencePiece unigram: the likeliest segmentation ("t5")
    rwkv,    // longest match over bytes ("rwkv")
    plamo2,  // the likeliest segmentation, unknown characters as bytes ("plamo2")
    plamo3,  // … of a text that was cut before ("plamo3")
    test,    // a hash of every five bytes ("test")
};
std::string_view to_string(VocabType type);  // as llama.cpp prints it: "SPM", "BPE", "WPM", "UGM", "RWKV", "PLaMo2" …

// What the keys call the tokenizer, also where the vocabulary does not load.
struct TokenizerName {
    std::optional<std::string> model, pre;  // tokenizer.ggml.model, tokenizer.ggml.pre; any bytes
    std::optional<VocabType> type;          // of a model that attnx knows
};
TokenizerName tokenizer_name(const gguf::Metadata& metadata);

// What a token is; several may hold.
namespace attribute {
inline constexpr std::uint16_t unknown = 1 << 0, unused = 1 << 1, normal = 1 << 2, control = 1 << 3,
                               user_defined = 1 << 4, byte = 1 << 5;
inline constexpr std::uint16_t strip_left = 1 << 8,
                               strip_right = 1 << 9;  // swallow whitespace beside it in a prompt
}  // namespace attribute

// Ends the stored text of a stretch of DNA in a "hybriddna" vocabulary (U+E000, private use).
inline constexpr std::string_view kDnaMark = "\xEE\x80\x80";

// Tokens with a role. Nothing where the vocabulary has none.
struct SpecialTokens {
    std::optional<TokenId> bos = {}, eos = {}, eot = {}, eom = {}, unk = {}, sep = {}, pad = {}, mask = {};
    std::optional<TokenId> fim_pre = {}, fim_suf = {}, fim_mid = {}, fim_pad = {}, fim_rep = {}, fim_sep = {};
};

// How text becomes tokens and back, beyond the algorithm.
struct TextRules {
    bool add_bos = false;  // encoding begins with BOS
    bool add_eos = false;  // … and ends with EOS
    bool add_sep = false;
    bool add_space_prefix = false;          // a text begins with a space that decoding takes away again
    bool begin_with_space = false;          // BPE: … unless it begins with one or with a special token
    bool clean_spaces = false;              // decoding drops the space before punctuation and contractions
    bool remove_extra_whitespaces = false;  // UGM: runs of spaces become one
    bool escape_spaces = true;              // a space is "▁" in tokens
    bool nfc = false;                       // UGM: normalise first
    bool dna_auto_tags = false;             // "hybriddna": DNA is recognised without marks
    bool lowercase = true;                  // WPM: normalise
    bool strip_accents = true;
};

// Views a gguf::File, which must outlive it. Move-only; const use from several threads is safe.
// Making one costs a pass over the token array; the first text that is looked up, a hash table of it.
class Vocab {
public:
    // Throws missing_key (no vocabulary, a missing array), not_found (a file that says it has none),
    // unsupported (an unknown tokenizer or pre-tokenizer), wrong_type, bad_value (arrays shorter than the
    // vocabulary).
    static Vocab from(const gguf::Metadata& metadata);

    Vocab(Vocab&&) noexcept;
    Vocab& operator=(Vocab&&) noexcept;
    ~Vocab();

    VocabType type() const { return type_; }
    std::string_view model() const { return model_; }  // tokenizer.ggml.model
    const PreTokenizer* pre() const { return pre_; }   // BPE only
    std::uint32_t size() const { return static_cast<std::uint32_t>(texts_.size()); }

    // As stored, still escaped; id < size() by contract, as for all below.
    std::string_view text(TokenId id) const { return texts_[id]; }
    float score(TokenId id) const;
    bool has(TokenId id, std::uint16_t any_of) const { return (attributes_[id] & any_of) != 0; }
    // As the file says, before special tokens were recognised by their spelling.
    bool was_stored_as(TokenId id, std::uint16_t any_of) const { return (stored_attributes_[id] & any_of) != 0; }
    std::optional<TokenId> find(std::string_view text) const;  // the last of equal texts

    // Position of the merge "left right" in the file's list, the earliest first.
    std::optional<std::uint32_t> merge_rank(std::string_view left_space_right) const;
    std::uint32_t merge_count() const { return merge_count_; }
    std::size_t longest_merge() const;  // in bytes, the space included

    const SpecialTokens& special() const { return special_; }
    const TextRules& rules() const { return rules_; }
    bool is_end_of_generation(TokenId id) const;
    std::string_view charsmap() const { return charsmap_; }  // UGM: normalisation table, raw; may be empty

    // Special ids beyond the vocabulary and arrays longer than it.
    const Findings& findings() const { return findings_; }

private:
    Vocab();
    void read_model(const gguf::Metadata& metadata);
    void read_tokens(const gguf::Metadata& metadata);
    void read_attributes(const gguf::Metadata& metadata);
    void read_merges(const gguf::Metadata& metadata);
    void read_charsmap(const gguf::Metadata& metadata);
    void read_rules(const gguf::Metadata& metadata);
    void read_prepend_scheme(const gguf::Metadata& metadata);
    void read_special_ids(const gguf::Metadata& metadata);
    void detect_special_tokens();
    void collect_end_of_generation();
    void set_strip_attributes(const gguf::Metadata& metadata);

    VocabType type_ = VocabType::spm;
    std::string model_;
    const PreTokenizer* pre_ = nullptr;
    std::vector<std::string_view> texts_;
    std::deque<std::string> own_texts_;      // texts that are not the file's
    std::optional<gguf::ArrayView> scores_;  // in the file: few texts ask for many
    std::vector<std::uint16_t> attributes_, stored_attributes_;
    std::unique_ptr<TextIndex> marked_;              // texts that may be special tokens
    std::unique_ptr<LazyTextIndex> index_, merges_;  // all others
    std::uint32_t merge_count_ = 0;
    SpecialTokens special_;
    TextRules rules_;
    std::vector<TokenId> end_of_generation_;  // sorted
    std::string_view charsmap_;
    Findings findings_;
};

}  // namespace attnx::text
