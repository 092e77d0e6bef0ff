// What llama.cpp b12032 refuses in a vocabulary: src/llama-vocab.cpp, llama_vocab::impl::load, from its first line to
// its last, and llama-model-loader.cpp for the types of keys, which have to be exact. Where it would abort or crash
// counts as a refusal.
#include "attnx/text/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "attnx/base/text.h"
#include "pretokenize.h"
#include "verdict_tokens.h"
#include "vocab_keys.h"
#include "vocab_models.h"

namespace attnx::text {
namespace {

using gguf::ValueType;

struct ScalarKey {
    std::string_view key;
    ValueType type;
};

constexpr std::array kBeforeTokens = {
    ScalarKey{"tokenizer.ggml.add_space_prefix", ValueType::boolean},
    ScalarKey{"tokenizer.ggml.remove_extra_whitespaces", ValueType::boolean},
    ScalarKey{"tokenizer.ggml.clean_spaces", ValueType::boolean},
};

constexpr std::array kAfterTokens = {
    ScalarKey{"tokenizer.ggml.bos_token_id", ValueType::u32},
    ScalarKey{"tokenizer.ggml.eos_token_id", ValueType::u32},
    ScalarKey{"tokenizer.ggml.eot_token_id", ValueType::u32},
    ScalarKey{"tokenizer.ggml.eom_token_id", ValueType::u32},
    ScalarKey{"tokenizer.ggml.unknown_token_id", ValueType::u32},
    ScalarKey{"tokenizer.ggml.seperator_token_id", ValueType::u32},
    ScalarKey{"tokenizer.ggml.padding_token_id", ValueType::u32},
    ScalarKey{"tokenizer.ggml.mask_token_id", ValueType::u32},
    ScalarKey{"tokenizer.ggml.fim_pre_token_id", ValueType::u32},
    ScalarKey{"tokenizer.ggml.fim_suf_token_id", ValueType::u32},
    ScalarKey{"tokenizer.ggml.fim_mid_token_id", ValueType::u32},
    ScalarKey{"tokenizer.ggml.fim_pad_token_id", ValueType::u32},
    ScalarKey{"tokenizer.ggml.fim_rep_token_id", ValueType::u32},
    ScalarKey{"tokenizer.ggml.fim_sep_token_id", ValueType::u32},
    ScalarKey{"tokenizer.ggml.prefix_token_id", ValueType::u32},
    ScalarKey{"tokenizer.ggml.suffix_token_id", ValueType::u32},
    ScalarKey{"tokenizer.ggml.middle_token_id", ValueType::u32},
    ScalarKey{"tokenizer.ggml.add_bos_token", ValueType::boolean},
    ScalarKey{"tokenizer.ggml.add_eos_token", ValueType::boolean},
    ScalarKey{"tokenizer.ggml.add_sep_token", ValueType::boolean},
    ScalarKey{"tokenizer.ggml.dna_auto_tags", ValueType::boolean},
    ScalarKey{"tokenizer.ggml.normalizer.nfc", ValueType::boolean},
    ScalarKey{"tokenizer.ggml.normalizer.lowercase", ValueType::boolean},
    ScalarKey{"tokenizer.ggml.normalizer.strip_accents", ValueType::boolean},
    ScalarKey{kScheme, ValueType::string},
};

std::string described(const gguf::Value& value) {
    const auto array = value.array();
    return array ? fmt::format("an array of {}", to_string(array->element_type()))
                 : std::string(to_string(value.type()));
}

Refusal refuse(std::string_view key, std::string_view what) {
    return {fmt::format("key {} {}", key, printable(what)), std::string(key)};
}

class Loader {
public:
    Loader(const gguf::Metadata& metadata, Tokens depth) : metadata_(metadata), depth_(depth) {}

    std::optional<Refusal> run() {
        if (auto refusal = read_names()) return refusal;
        if (has_none()) return scalar(fmt::format("{}.vocab_size", string("general.architecture")), ValueType::u32);
        using Step = std::optional<Refusal> (Loader::*)() const;
        for (const Step step : {&Loader::merges, &Loader::charsmap, &Loader::pre_tokenizer, &Loader::before_tokens,
                                &Loader::tokens, &Loader::after_tokens})
            if (auto refusal = (this->*step)()) return refusal;
        return std::nullopt;
    }

private:
    // Empty when it is not there, or no string.
    std::string_view string(std::string_view key) const {
        const gguf::Value* value = metadata_.find(key);
        return value == nullptr ? "" : as_c_string(value->as<std::string_view>().value_or(""));
    }

    std::optional<Refusal> wrong_type(std::string_view key, std::string_view expected) const {
        return refuse(key,
                      fmt::format("is stored as {}, llama.cpp expects {}", described(*metadata_.find(key)), expected));
    }

    std::optional<Refusal> scalar(std::string_view key, ValueType type) const {
        const gguf::Value* value = metadata_.find(key);
        if (value == nullptr || value->type() == type) return std::nullopt;
        return wrong_type(key, to_string(type));
    }

    std::optional<Refusal> scalars(std::span<const ScalarKey> rows) const {
        for (const ScalarKey& row : rows)
            if (auto refusal = scalar(row.key, row.type)) return refusal;
        return std::nullopt;
    }

    // An array of one of the types, where the key is there at all.
    std::optional<Refusal> array(std::string_view key, std::initializer_list<ValueType> types,
                                 std::string_view expected) const {
        const gguf::Value* value = metadata_.find(key);
        const auto found = value == nullptr ? std::nullopt : value->array();
        if (value == nullptr || (found && std::ranges::find(types, found->element_type()) != types.end()))
            return std::nullopt;
        return wrong_type(key, expected);
    }

    std::optional<Refusal> read_names() {
        if (metadata_.find(kModel) == nullptr) return refuse(kModel, "is missing");
        if (auto refusal = scalars(std::array{ScalarKey{kModel, ValueType::string}, ScalarKey{kPre, ValueType::string},
                                              ScalarKey{"tokenizer.ggml.token_type_count", ValueType::u32}}))
            return refusal;
        model_ = string(kModel);
        pre_ = string(kPre);
        if (has_none()) return std::nullopt;
        row_ = find_vocab_model(model_);
        if (row_ == nullptr)
            return refuse(kModel, fmt::format("is \"{}\", which is no tokenizer that llama.cpp knows", model_));
        if (!row_->implied_pre.empty()) pre_ = row_->implied_pre;
        return std::nullopt;
    }

    bool has_none() const { return model_ == "none" || model_ == "no_vocab"; }
    bool is(VocabType type) const { return row_ != nullptr && row_->type == type; }

    std::optional<Refusal> merges() const {
        if (!is(VocabType::bpe)) return std::nullopt;
        if (metadata_.find(kMerges) == nullptr && pre_ != "kimi-k2")
            return refuse(kMerges, "is missing, and a BPE vocabulary needs it");
        return array(kMerges, {ValueType::string}, "an array of strings");
    }

    std::optional<Refusal> charsmap() const {
        if (!is(VocabType::ugm)) return std::nullopt;
        if (auto refusal = array(kCharsmap, {ValueType::u8, ValueType::i8}, "an array of bytes")) return refusal;
        return metadata_.find(kCharsmap) == nullptr ? std::nullopt : charsmap_refusal(*metadata_.array(kCharsmap));
    }

    // Without a name llama.cpp warns and takes its default.
    std::optional<Refusal> pre_tokenizer() const {
        if (!is(VocabType::bpe) || pre_.empty() || find_pre_tokenizer(pre_) != nullptr) return std::nullopt;
        return refuse(kPre, fmt::format("is \"{}\", which is no pre-tokenizer that llama.cpp knows", pre_));
    }

    std::optional<Refusal> before_tokens() const { return scalars(kBeforeTokens); }

    std::optional<Refusal> one_per_token(std::string_view key, std::uint64_t tokens) const {
        const auto values = metadata_.find(key) == nullptr ? std::nullopt : metadata_.array(key);
        if (!values || values->size() >= tokens) return std::nullopt;
        return refuse(key, fmt::format("has {} values for {} tokens", values->size(), tokens));
    }

    std::optional<Refusal> tokens() const {
        if (metadata_.find(kTokens) == nullptr) return refuse(kTokens, "is missing");
        if (auto refusal = array(kTokens, {ValueType::string}, "an array of strings")) return refusal;
        const std::uint64_t count = metadata_.array(kTokens)->size();
        if (auto refusal = array(kScores, {ValueType::i32, ValueType::f32}, "an array of float32")) return refusal;
        if (auto refusal = one_per_token(kScores, count)) return refusal;
        if (auto refusal = array(kTypes, {ValueType::i32}, "an array of int32")) return refusal;
        if (auto refusal = one_per_token(kTypes, count)) return refusal;
        return depth_ == Tokens::read ? tokens_refusal(metadata_, model_, string(kPre)) : std::nullopt;
    }

    std::optional<Refusal> after_tokens() const {
        if (auto refusal = scalars(kAfterTokens)) return refusal;
        if (metadata_.find(kScheme) != nullptr) {
            const std::string_view scheme = string(kScheme);
            if (scheme != "never" && scheme != "first" && scheme != "always")
                return refuse(kScheme, fmt::format("is \"{}\", which llama.cpp does not know", scheme));
            if (is(VocabType::bpe) && scheme == "always")
                return refuse(kScheme, "is \"always\", which BPE vocabularies do not have");
        }
        return array("tokenizer.ggml.suppress_tokens", {ValueType::i32}, "an array of int32");
    }

    const gguf::Metadata& metadata_;
    Tokens depth_;
    std::string_view model_, pre_;
    const VocabModel* row_ = nullptr;
};

}  // namespace

std::optional<Refusal> vocabulary_refusal(const gguf::Metadata& metadata, Tokens tokens) {
    return Loader(metadata, tokens).run();
}

}  // namespace attnx::text
