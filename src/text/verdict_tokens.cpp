#include "verdict_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <vector>

#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "charsmap.h"
#include "text_index.h"
#include "unicode.h"
#include "vocab_keys.h"

namespace attnx::text {
namespace {

constexpr std::int32_t kUserDefined = 4, kByte = 6;

std::string_view view_of(const gguf::ArrayView& bytes) {
    return {reinterpret_cast<const char*>(bytes.bytes().data()), bytes.bytes().size()};
}

class TokenTable {
public:
    explicit TokenTable(const gguf::Metadata& metadata)
        : array_(*metadata.array(kTokens)), index_(static_cast<std::size_t>(array_.size()), Equal::keep_first) {
        texts_.reserve(static_cast<std::size_t>(array_.size()));
        if (metadata.find(kTypes) != nullptr) types_ = metadata.array(kTypes);
    }

    std::optional<Refusal> find_twins() {
        std::optional<Refusal> refusal;
        array_.for_each([&](std::uint64_t i, const gguf::Value& value) {
            std::string_view text = as_c_string(value.as<std::string_view>().value_or(""));
            if (text.empty()) text = own_texts_.emplace_back(fmt::format("[EMPTY_{}]", i));
            if (const auto twin = index_.find(text)) {
                refusal = about_token(i, text, fmt::format("is the same as token {}", *twin));
                return false;
            }
            index_.insert(text, static_cast<std::uint32_t>(i));
            texts_.push_back(text);
            return true;
        });
        return refusal;
    }

    // Of the form <0x0A>; of which PLaMo needs one for every byte, and not as token 0.
    std::optional<Refusal> find_missing_bytes() const {
        std::array<bool, 256> found = {};
        for (std::uint32_t id = 1; id < texts_.size(); ++id)
            if (const auto byte = type_of(id) == kByte ? spelled_byte(texts_[id]) : std::nullopt) found[*byte] = true;
        const auto missing = std::ranges::find(found, false);
        if (missing == found.end()) return std::nullopt;
        return Refusal{fmt::format("key {} has no token for byte 0x{:02X}", kTokens, missing - found.begin()),
                       std::string(kTokens)};
    }

    std::optional<Refusal> find_unspelled_byte(bool any) const {
        constexpr std::size_t kDigitsBegin = 3;  // "<0x"
        for (std::uint32_t id = 0; id < texts_.size(); ++id)
            if (type_of(id) == kByte && (any || texts_[id].size() < kDigitsBegin))
                return about_token(id, texts_[id],
                                   any ? "stands for a byte, which WordPiece does not have"
                                       : "stands for a byte but does not say which");
        return std::nullopt;
    }

    std::optional<Refusal> find_missing(std::initializer_list<std::string_view> spellings, std::string_view why) const {
        for (const std::string_view text : spellings)
            if (!index_.find(text))
                return Refusal{fmt::format("key {} lacks the token \"{}\", {}", kTokens, printable(text), why),
                               std::string(kTokens)};
        return std::nullopt;
    }

    bool has_user_defined(std::string_view text) const {
        const auto id = index_.find(text);
        return id && type_of(*id) == kUserDefined;
    }

    std::size_t size() const { return texts_.size(); }

private:
    std::int32_t type_of(std::uint32_t id) const { return types_ ? types_->at(id).as<std::int32_t>().value_or(0) : 1; }

    static Refusal about_token(std::uint64_t id, std::string_view text, std::string_view what) {
        return {fmt::format("key {}: token {}, \"{}\", {}", kTokens, id, printable(text), what), std::string(kTokens)};
    }

    gguf::ArrayView array_;
    std::optional<gguf::ArrayView> types_;
    TextIndex index_;
    std::vector<std::string_view> texts_;
    std::deque<std::string> own_texts_;
};

// llama.cpp asks each vocabulary what a newline is as soon as it has read the tokens. Special ids are not yet compared
// with their number then.
std::optional<Refusal> newline_refusal(const gguf::Metadata& metadata, std::string_view model,
                                       const TokenTable& tokens) {
    const auto at_least = [&](std::size_t needed) -> std::optional<Refusal> {
        if (tokens.size() >= needed) return std::nullopt;
        return Refusal{fmt::format("key {} has {} tokens, too few to look a newline up", kTokens, tokens.size()),
                       std::string(kTokens)};
    };
    if (model == "bert" || model == "test")
        return at_least(1);  // its padding token is 0; its newline a number modulo the tokens
    if (model != "t5") return std::nullopt;
    constexpr std::size_t kUnknown = 2;
    if (auto refusal = at_least(kUnknown + 1)) return refusal;
    if (metadata.find(kCharsmap) == nullptr || tokens.has_user_defined("\n")) return std::nullopt;
    try {
        Charsmap(view_of(*metadata.array(kCharsmap))).find("\n");
    } catch (const Error& error) {
        return Refusal{error.message(), std::string(kCharsmap)};
    }
    return std::nullopt;
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> parts) {
    return std::ranges::any_of(parts, [&](std::string_view part) { return text.find(part) != std::string_view::npos; });
}

// Spacing around special tokens is set for some models by their names, and for this one without looking whether the
// tokens are there.
std::optional<Refusal> phi3_refusal(const gguf::Metadata& metadata, std::string_view pre, const TokenTable& tokens) {
    const gguf::Value* named = metadata.find("general.name");
    const std::string name =
        in_lower_case(named == nullptr ? "" : as_c_string(named->as<std::string_view>().value_or("")));
    const gguf::Value* architecture = metadata.find("general.architecture");
    const std::string_view kind = architecture == nullptr ? "" : architecture->as<std::string_view>().value_or("");
    if (contains_any(pre, {"jina-v2-de", "jina-v2-es", "jina-v2-code", "mmbert"}) ||
        contains_any(kind, {"nomic-bert-moe", "jina-bert-v3"}) || !contains_any(name, {"phi-3", "phi3"}))
        return std::nullopt;
    return tokens.find_missing({"</s>", "<unk>", "<s>", "<|endoftext|>"},
                               "which llama.cpp takes for granted in a model of this name");
}

// This pre-tokenizer makes a token of what ends a text, without looking whether there is one.
std::optional<Refusal> soprano_refusal(const gguf::Metadata& metadata, std::string_view pre, const TokenTable& tokens) {
    constexpr std::string_view kEnd = "tokenizer.ggml.eos_token_id";
    constexpr std::size_t kDefault = 11;
    if (pre != "soprano" || tokens.size() > kDefault) return std::nullopt;
    const gguf::Value* end = metadata.find(kEnd);
    if (end != nullptr && end->as<std::uint32_t>().value_or(UINT32_MAX) < tokens.size()) return std::nullopt;
    return Refusal{fmt::format("key {} names no token, and this pre-tokenizer needs it", kEnd), std::string(kEnd)};
}

}  // namespace

std::optional<Refusal> charsmap_refusal(const gguf::ArrayView& bytes) {
    if (bytes.size() == 0) return Refusal{fmt::format("key {} is empty", kCharsmap), std::string(kCharsmap)};
    try {
        const Charsmap whole(view_of(bytes));
    } catch (const Error& error) {
        return Refusal{error.message(), std::string(kCharsmap)};
    }
    return std::nullopt;
}

std::optional<Refusal> tokens_refusal(const gguf::Metadata& metadata, std::string_view model, std::string_view pre) {
    TokenTable tokens(metadata);
    if (auto refusal = tokens.find_twins()) return refusal;
    if (model.starts_with("plamo")) {
        if (auto refusal = tokens.find_missing_bytes()) return refusal;
    }
    if (auto refusal = newline_refusal(metadata, model, tokens)) return refusal;
    if (!model.starts_with("plamo") && model != "rwkv" && model != "test") {
        if (auto refusal = tokens.find_unspelled_byte(model == "bert")) return refusal;
    }
    if (auto refusal = soprano_refusal(metadata, pre, tokens)) return refusal;
    return phi3_refusal(metadata, pre, tokens);
}

}  // namespace attnx::text
