#include "encoder.h"

#include <fmt/format.h>

#include <algorithm>

#include "attnx/base/error.h"
#include "merge_queue.h"
#include "unicode.h"

namespace attnx::text {

std::unique_ptr<Encoder> make_encoder(const Vocab& vocab) {
    switch (vocab.type()) {
        case VocabType::spm: return make_spm_encoder(vocab);
        case VocabType::bpe: return make_bpe_encoder(vocab);
        case VocabType::wpm: return make_wordpiece_encoder(vocab);
        case VocabType::ugm: return make_unigram_encoder(vocab);
        case VocabType::rwkv: return make_rwkv_encoder(vocab);
        case VocabType::plamo2:
        case VocabType::plamo3: return make_plamo_encoder(vocab);
        case VocabType::test: return make_test_encoder(vocab);
    }
    throw Error(ErrorCode::internal, "a vocabulary without an encoder");
}

TokenId unknown_or_throw(const Vocab& vocab, std::string_view what) {
    if (vocab.special().unk) return *vocab.special().unk;
    throw Error(
        ErrorCode::bad_value,
        fmt::format("the vocabulary has no token for {} and none for the unknown (tokenizer.ggml.unknown_token_id)",
                    what));
}

std::vector<Symbol> chain_of_characters(std::string_view text) {
    std::vector<Symbol> symbols;
    for (std::size_t offset = 0; offset < text.size();) {
        const std::size_t bytes = std::min(length_by_lead_byte(text[offset]), text.size() - offset);
        const auto index = static_cast<std::uint32_t>(symbols.size());
        symbols.push_back(
            {text.substr(offset, bytes), index - 1, index + 1});  // the first's previous wraps to kNoSymbol
        offset += bytes;
    }
    if (!symbols.empty()) symbols.back().next = kNoSymbol;
    return symbols;
}

}  // namespace attnx::text
