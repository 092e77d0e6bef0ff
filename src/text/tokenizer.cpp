#include "attnx/text/tokenizer.h"

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "decode.h"
#include "encoder.h"
#include "special_splitter.h"
#include "unicode.h"

namespace attnx::text {
namespace {

TokenId require(const std::optional<TokenId>& id, std::string_view role, std::string_view key) {
    if (id) return *id;
    throw Error(ErrorCode::bad_value,
                fmt::format("the vocabulary asks for a {} token but has none ({} is absent or beyond the vocabulary)",
                            role, key),
                Where{{}, {}, std::string(key)});
}

TokenId bos(const Vocab& vocab) {
    return require(vocab.special().bos, "beginning-of-text", "tokenizer.ggml.bos_token_id");
}
TokenId eos(const Vocab& vocab) { return require(vocab.special().eos, "end-of-text", "tokenizer.ggml.eos_token_id"); }
TokenId sep(const Vocab& vocab) {
    return require(vocab.special().sep, "separator", "tokenizer.ggml.seperator_token_id");
}

// WordPiece always frames a text; RWKV never does (llama.cpp).
bool frames_texts(const Vocab& vocab) { return vocab.type() != VocabType::rwkv && vocab.type() != VocabType::test; }

bool begins_with_space(const TextRules& rules, std::string_view text) {
    return text.starts_with(kEscapedSpace) || (rules.escape_spaces && text.starts_with(' '));
}

void begin_text(const Vocab& vocab, std::vector<TokenId>& ids) {
    if (!frames_texts(vocab)) return;
    if (vocab.type() == VocabType::wpm || vocab.rules().add_bos) ids.push_back(bos(vocab));
}

void end_text(const Vocab& vocab, std::vector<TokenId>& ids) {
    if (!frames_texts(vocab)) return;
    if (vocab.type() == VocabType::wpm) ids.push_back(sep(vocab));
    else if (vocab.rules().add_eos) ids.push_back(eos(vocab));
}

}  // namespace

Tokenizer Tokenizer::from(const gguf::Metadata& metadata) { return Tokenizer(Vocab::from(metadata)); }

Tokenizer::Tokenizer(Vocab vocab)
    : vocab_(std::make_unique<Vocab>(std::move(vocab))),
      special_splitter_(std::make_unique<SpecialSplitter>(*vocab_)),
      encoder_(make_encoder(*vocab_)) {}

Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

std::vector<TokenId> Tokenizer::encode(std::string_view text, bool add_special, bool parse_special) const {
    std::vector<TokenId> ids;
    if (add_special) begin_text(*vocab_, ids);
    // SentencePiece puts a space before a text and after every special token.
    const bool space_prefix = vocab_->type() == VocabType::spm && vocab_->rules().add_space_prefix;
    bool after_special = true, first = true;
    for (const Fragment& fragment : special_splitter_->split(*vocab_, text, parse_special)) {
        if (fragment.token) ids.push_back(*fragment.token);
        else if (space_prefix && after_special) encoder_->encode(std::string(" ").append(fragment.text), ids);
        else if (first && vocab_->rules().begin_with_space && !begins_with_space(vocab_->rules(), fragment.text))
            encoder_->encode(std::string(kEscapedSpace).append(fragment.text), ids);
        else encoder_->encode(fragment.text, ids);
        after_special = fragment.token.has_value();
        first = false;
    }
    if (add_special) end_text(*vocab_, ids);
    return ids;
}

std::string Tokenizer::piece(TokenId id) const {
    if (id >= vocab_->size())
        throw Error(ErrorCode::bad_value,
                    fmt::format("token {} is not in the vocabulary, which has {} tokens", id, vocab_->size()));
    return token_piece(*vocab_, id);
}

std::string Tokenizer::decode(std::span<const TokenId> ids, DecodeOptions options) const {
    const TextRules& rules = vocab_->rules();
    bool strip_space = rules.add_space_prefix;
    if (options.remove_special && rules.add_bos && !ids.empty() && ids.front() == vocab_->special().bos) {
        strip_space = false;
        ids = ids.subspan(1);
    }
    if (options.remove_special && rules.add_eos && !ids.empty() && ids.back() == vocab_->special().eos)
        ids = ids.first(ids.size() - 1);

    std::string text;
    bool strip_shown = rules.begin_with_space;  // of the first token that is shown
    for (const TokenId id : ids) {
        const std::string shown = piece(id);
        if (options.control_tokens || !vocab_->has(id, attribute::unknown | attribute::control)) {
            text.append(shown, (strip_space || strip_shown) && shown.starts_with(' ') ? 1 : 0);
            strip_shown = false;
        }
        strip_space = false;
    }
    return rules.clean_spaces ? clean_up_spaces(text) : text;
}

}  // namespace attnx::text
