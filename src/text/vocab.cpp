#include "attnx/text/vocab.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "pretokenize.h"
#include "text_index.h"
#include "vocab_keys.h"
#include "vocab_models.h"

// What the keys mean and what is assumed without them: llama.cpp b12032, src/llama-vocab.cpp,
// llama_vocab::impl::load.

namespace attnx::text {
namespace {

[[noreturn]] void fail(ErrorCode code, std::string_view key, std::string_view what) {
    throw Error(code, fmt::format("{} {}", key, what), Where{{}, {}, std::string(key)});
}

// An array of strings, or nothing when absent.
std::optional<gguf::ArrayView> string_array(const gguf::Metadata& metadata, std::string_view key) {
    auto array = metadata.array(key);
    if (array && array->element_type() != gguf::ValueType::string)
        fail(ErrorCode::wrong_type, key,
             fmt::format("is an array of {}, not of strings", gguf::to_string(array->element_type())));
    return array;
}

// llama.cpp takes stored strings as C strings, which end at the first zero byte.
std::string_view c_string(const gguf::Value& value) {
    const std::string_view text = value.as<std::string_view>().value_or("");
    return text.substr(0, text.find('\0'));
}

// An array with at least one element for each token, or nothing when absent.
std::optional<gguf::ArrayView> per_token_array(const gguf::Metadata& metadata, std::string_view key,
                                               std::uint64_t tokens, Findings& findings) {
    auto array = metadata.array(key);
    if (!array) return array;
    if (array->size() < tokens)
        fail(ErrorCode::bad_value, key, fmt::format("has {} elements for {} tokens", array->size(), tokens));
    if (array->size() > tokens)
        findings.push_back({FindingId::tokenizer_lengths,
                            fmt::format("{} has {} elements for {} tokens", key, array->size(), tokens)});
    return array;
}

// Whether a text is spelled as special tokens are, which are looked up in every vocabulary: "<s>", "[EOT]", "▁<PRE>".
bool is_marked(std::string_view text) {
    constexpr std::size_t kBegin = 4;
    return text.substr(0, kBegin).find_first_of("<[") != text.npos;
}

// The texts of an array, but for empty ones and those that are looked up elsewhere.
std::unique_ptr<LazyTextIndex> index_of(const gguf::ArrayView& array, Equal equal, bool marked) {
    return std::make_unique<LazyTextIndex>([array, equal, marked] {
        TextIndex index(static_cast<std::size_t>(array.size()), equal);
        array.for_each([&](std::uint64_t i, const gguf::Value& value) {
            const std::string_view text = c_string(value);
            if (!text.empty() && (marked || !is_marked(text))) index.insert(text, static_cast<std::uint32_t>(i));
        });
        return index;
    });
}

std::uint16_t attribute_of(std::int64_t token_type) {
    constexpr std::array<std::uint16_t, 7> kByType = {0,
                                                      attribute::normal,
                                                      attribute::unknown,
                                                      attribute::control,
                                                      attribute::user_defined,
                                                      attribute::unused,
                                                      attribute::byte};
    return token_type >= 0 && token_type < 7 ? kByType[static_cast<std::size_t>(token_type)] : std::uint16_t{0};
}

}  // namespace

std::string_view to_string(VocabType type) {
    constexpr std::array<std::string_view, 8> kNames = {"SPM", "BPE", "WPM", "UGM", "RWKV", "PLaMo2", "PLaMo3", "TEST"};
    return kNames[static_cast<std::size_t>(type)];
}

Vocab::Vocab() = default;
Vocab::Vocab(Vocab&&) noexcept = default;
Vocab& Vocab::operator=(Vocab&&) noexcept = default;
Vocab::~Vocab() = default;

Vocab Vocab::from(const gguf::Metadata& metadata) {
    Vocab vocab;
    vocab.read_model(metadata);
    if (vocab.type_ == VocabType::bpe) vocab.read_merges(metadata);
    if (vocab.type_ == VocabType::ugm) vocab.read_charsmap(metadata);
    vocab.read_tokens(metadata);
    vocab.read_attributes(metadata);
    vocab.read_special_ids(metadata);
    vocab.read_rules(metadata);
    vocab.detect_special_tokens();
    vocab.collect_end_of_generation();
    vocab.set_strip_attributes(metadata);
    return vocab;
}

void Vocab::read_model(const gguf::Metadata& metadata) {
    const auto model = metadata.string(kModel);
    if (!model) fail(ErrorCode::missing_key, kModel, "is not there: the file has no vocabulary");
    if (*model == "none" || *model == "no_vocab")
        fail(ErrorCode::not_found, kModel, fmt::format("is \"{}\": the file has no vocabulary", *model));
    const VocabModel* row = find_vocab_model(*model);
    if (!row) fail(ErrorCode::unsupported, kModel, fmt::format("is \"{}\", which is no known tokenizer", *model));
    model_ = row->name;
    type_ = row->type;
    special_ = row->defaults;
    rules_ = row->rules;
    if (type_ != VocabType::bpe) return;

    const std::string_view stored = metadata.string(kPre).value_or("");
    const std::string_view name = !row->implied_pre.empty() ? row->implied_pre : stored.empty() ? "default" : stored;
    pre_ = find_pre_tokenizer(name);
    if (!pre_) fail(ErrorCode::unsupported, kPre, fmt::format("is \"{}\", which is no known pre-tokenizer", name));
    if (!pre_->default_bos) special_.bos.reset();
    rules_ = {.add_bos = pre_->add_bos,
              .add_sep = pre_->add_sep,
              .clean_spaces = pre_->clean_spaces,
              .escape_spaces = pre_->escape_spaces,
              .lowercase = pre_->lowercase};
}

void Vocab::read_tokens(const gguf::Metadata& metadata) {
    const auto tokens = string_array(metadata, kTokens);
    if (!tokens) fail(ErrorCode::missing_key, kTokens, "is not there");
    if (tokens->size() > std::numeric_limits<std::int32_t>::max())
        fail(ErrorCode::bad_value, kTokens, fmt::format("has {} elements; token ids have 31 bits", tokens->size()));
    texts_.reserve(static_cast<std::size_t>(tokens->size()));
    std::vector<TokenId> marked;
    tokens->for_each([&](std::uint64_t i, const gguf::Value& value) {
        std::string_view text = c_string(value);
        if (text.empty()) text = own_texts_.emplace_back(fmt::format("[EMPTY_{}]", i));
        if (is_marked(text)) marked.push_back(static_cast<TokenId>(i));
        texts_.push_back(text);
    });
    marked_ = std::make_unique<TextIndex>(marked.size(), Equal::keep_last);
    for (const TokenId id : marked) marked_->insert(texts_[id], id);
    index_ = index_of(*tokens, Equal::keep_last, false);
    if (model_ != "hybriddna") return;
    // Stretches of DNA are stored with a mark that keeps them apart from words of the same letters, and filled up with
    // N. Neither is shown.
    for (std::size_t id = find("<oov>").value_or(size()); id < texts_.size(); ++id) {
        std::string_view& text = texts_[id];
        if (text.size() <= kDnaMark.size() || !text.ends_with(kDnaMark)) continue;
        text.remove_suffix(kDnaMark.size());
        if (const std::size_t last = text.find_last_not_of('N'); last != text.npos) text = text.substr(0, last + 1);
    }
}

void Vocab::read_attributes(const gguf::Metadata& metadata) {
    scores_ = per_token_array(metadata, kScores, size(), findings_);
    if (scores_ && scores_->element_type() != gguf::ValueType::i32 && scores_->element_type() != gguf::ValueType::f32)
        fail(ErrorCode::wrong_type, kScores,
             fmt::format("is an array of {}, not of float32", gguf::to_string(scores_->element_type())));
    attributes_.assign(size(), attribute::normal);
    if (const auto types = per_token_array(metadata, kTypes, size(), findings_)) {
        for (std::uint32_t id = 0; id < size(); ++id) {
            const auto type = types->at(id).to_signed();
            if (!type)
                fail(ErrorCode::wrong_type, kTypes,
                     fmt::format("is an array of {}, not of integers", gguf::to_string(types->element_type())));
            attributes_[id] = attribute_of(*type);
        }
    }
    stored_attributes_ = attributes_;
}

float Vocab::score(TokenId id) const {
    if (!scores_) return 0.0F;
    const gguf::Value score = scores_->at(id);
    return score.type() == gguf::ValueType::i32 ? static_cast<float>(score.as<std::int32_t>().value_or(0))
                                                : score.as<float>().value_or(0.0F);
}

void Vocab::read_merges(const gguf::Metadata& metadata) {
    const auto merges = string_array(metadata, kMerges);
    if (!merges) {
        if (pre_->name == "kimi-k2") return;  // its files carry none
        fail(ErrorCode::missing_key, kMerges, "is not there, and a BPE vocabulary needs it");
    }
    if (merges->size() > std::numeric_limits<std::int32_t>::max())
        fail(ErrorCode::bad_value, kMerges, fmt::format("has {} elements", merges->size()));
    merge_count_ = static_cast<std::uint32_t>(merges->size());
    merges_ = index_of(*merges, Equal::keep_first, true);
}

void Vocab::read_charsmap(const gguf::Metadata& metadata) {
    const auto charsmap = metadata.array(kCharsmap);
    if (!charsmap) return;
    if (charsmap->element_type() != gguf::ValueType::u8 && charsmap->element_type() != gguf::ValueType::i8)
        fail(ErrorCode::wrong_type, kCharsmap,
             fmt::format("is an array of {}, not of bytes", gguf::to_string(charsmap->element_type())));
    charsmap_ = {reinterpret_cast<const char*>(charsmap->bytes().data()), charsmap->bytes().size()};
}

void Vocab::read_rules(const gguf::Metadata& metadata) {
    const auto read = [&](std::string_view key, bool& rule) { rule = metadata.boolean(key).value_or(rule); };
    read("tokenizer.ggml.add_space_prefix", rules_.add_space_prefix);
    read("tokenizer.ggml.remove_extra_whitespaces", rules_.remove_extra_whitespaces);
    read("tokenizer.ggml.clean_spaces", rules_.clean_spaces);
    read("tokenizer.ggml.add_bos_token", rules_.add_bos);
    read("tokenizer.ggml.add_eos_token", rules_.add_eos);
    read("tokenizer.ggml.add_sep_token", rules_.add_sep);
    if (pre_ && pre_->force_bos) rules_.add_bos = true;
    read("tokenizer.ggml.dna_auto_tags", rules_.dna_auto_tags);
    read("tokenizer.ggml.normalizer.nfc", rules_.nfc);
    read("tokenizer.ggml.normalizer.lowercase", rules_.lowercase);
    rules_.strip_accents = rules_.lowercase;
    read("tokenizer.ggml.normalizer.strip_accents", rules_.strip_accents);
    read_prepend_scheme(metadata);
}

// llama.cpp heeds it in BPE vocabularies only, and refuses it wherever it does not know it.
void Vocab::read_prepend_scheme(const gguf::Metadata& metadata) {
    const auto scheme = metadata.string(kScheme);
    if (!scheme || *scheme == "never") return;
    const bool bpe = type_ == VocabType::bpe;
    if (*scheme != "first" && (*scheme != "always" || bpe))
        fail(ErrorCode::unsupported, kScheme, fmt::format("is \"{}\", which this vocabulary cannot have", *scheme));
    rules_.begin_with_space = bpe;
}

std::optional<TokenId> Vocab::find(std::string_view text) const {
    return is_marked(text) ? marked_->find(text) : index_->get().find(text);
}

std::optional<std::uint32_t> Vocab::merge_rank(std::string_view left_space_right) const {
    return merges_ ? merges_->get().find(left_space_right) : std::nullopt;
}

std::size_t Vocab::longest_merge() const { return merges_ ? merges_->get().longest() : 0; }

bool Vocab::is_end_of_generation(TokenId id) const {
    return std::binary_search(end_of_generation_.begin(), end_of_generation_.end(), id);
}

}  // namespace attnx::text
