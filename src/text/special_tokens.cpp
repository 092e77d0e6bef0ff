// Tokens with a role: named by keys, else recognised by how they are spelled, as llama.cpp b12032 does
// (src/llama-vocab.cpp, llama_vocab::impl::load, "special tokens").
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "attnx/base/error.h"
#include "attnx/text/vocab.h"
#include "pretokenize.h"

namespace attnx::text {
namespace {

using Role = std::optional<TokenId> SpecialTokens::*;

struct RoleKey {
    std::string_view key;
    Role role;
};

// In the order they are read; the last three are old names.
constexpr std::array kRoleKeys = {
    RoleKey{"tokenizer.ggml.bos_token_id", &SpecialTokens::bos},
    RoleKey{"tokenizer.ggml.eos_token_id", &SpecialTokens::eos},
    RoleKey{"tokenizer.ggml.eot_token_id", &SpecialTokens::eot},
    RoleKey{"tokenizer.ggml.eom_token_id", &SpecialTokens::eom},
    RoleKey{"tokenizer.ggml.unknown_token_id", &SpecialTokens::unk},
    RoleKey{"tokenizer.ggml.seperator_token_id", &SpecialTokens::sep},  // so spelled
    RoleKey{"tokenizer.ggml.padding_token_id", &SpecialTokens::pad},
    RoleKey{"tokenizer.ggml.mask_token_id", &SpecialTokens::mask},
    RoleKey{"tokenizer.ggml.fim_pre_token_id", &SpecialTokens::fim_pre},
    RoleKey{"tokenizer.ggml.fim_suf_token_id", &SpecialTokens::fim_suf},
    RoleKey{"tokenizer.ggml.fim_mid_token_id", &SpecialTokens::fim_mid},
    RoleKey{"tokenizer.ggml.fim_pad_token_id", &SpecialTokens::fim_pad},
    RoleKey{"tokenizer.ggml.fim_rep_token_id", &SpecialTokens::fim_rep},
    RoleKey{"tokenizer.ggml.fim_sep_token_id", &SpecialTokens::fim_sep},
    RoleKey{"tokenizer.ggml.prefix_token_id", &SpecialTokens::fim_pre},
    RoleKey{"tokenizer.ggml.suffix_token_id", &SpecialTokens::fim_suf},
    RoleKey{"tokenizer.ggml.middle_token_id", &SpecialTokens::fim_mid},
};

struct Spelling {
    Role role;
    std::string_view text;
};

// The first of a role that the vocabulary has gets it, unless a key named another.
constexpr std::array kSpellings = {
    Spelling{&SpecialTokens::eot, "<|eot_id|>"},
    Spelling{&SpecialTokens::eot, "<|im_end|>"},
    Spelling{&SpecialTokens::eot, "<|end|>"},
    Spelling{&SpecialTokens::eot, "<end_of_turn>"},
    Spelling{&SpecialTokens::eot, "<|endoftext|>"},
    Spelling{&SpecialTokens::eot, "<|end_of_text|>"},
    Spelling{&SpecialTokens::eot, "<EOT>"},
    Spelling{&SpecialTokens::eot, "_<EOT>"},
    Spelling{&SpecialTokens::eot, "[EOT]"},
    Spelling{&SpecialTokens::eot, "<｜end▁of▁sentence｜>"},
    Spelling{&SpecialTokens::eot, "<end_of_utterance>"},
    Spelling{&SpecialTokens::eom, "<|eom_id|>"},
    Spelling{&SpecialTokens::fim_pre, "<|fim_prefix|>"},
    Spelling{&SpecialTokens::fim_pre, "<fim-prefix>"},
    Spelling{&SpecialTokens::fim_pre, "<fim_prefix>"},
    Spelling{&SpecialTokens::fim_pre, "<｜fim▁begin｜>"},
    Spelling{&SpecialTokens::fim_pre, "<PRE>"},
    Spelling{&SpecialTokens::fim_pre, "▁<PRE>"},
    Spelling{&SpecialTokens::fim_pre, "<|code_prefix|>"},
    Spelling{&SpecialTokens::fim_pre, "<|prefix|>"},
    Spelling{&SpecialTokens::fim_pre, "<|plamo:fim_prefix|>"},
    Spelling{&SpecialTokens::fim_suf, "<|fim_suffix|>"},
    Spelling{&SpecialTokens::fim_suf, "<fim-suffix>"},
    Spelling{&SpecialTokens::fim_suf, "<fim_suffix>"},
    Spelling{&SpecialTokens::fim_suf, "<｜fim▁hole｜>"},
    Spelling{&SpecialTokens::fim_suf, "<SUF>"},
    Spelling{&SpecialTokens::fim_suf, "▁<SUF>"},
    Spelling{&SpecialTokens::fim_suf, "<|code_suffix|>"},
    Spelling{&SpecialTokens::fim_suf, "<|suffix|>"},
    Spelling{&SpecialTokens::fim_suf, "<|plamo:fim_suffix|>"},
    Spelling{&SpecialTokens::fim_mid, "<|fim_middle|>"},
    Spelling{&SpecialTokens::fim_mid, "<fim-middle>"},
    Spelling{&SpecialTokens::fim_mid, "<fim_middle>"},
    Spelling{&SpecialTokens::fim_mid, "<｜fim▁end｜>"},
    Spelling{&SpecialTokens::fim_mid, "<MID>"},
    Spelling{&SpecialTokens::fim_mid, "▁<MID>"},
    Spelling{&SpecialTokens::fim_mid, "<|code_middle|>"},
    Spelling{&SpecialTokens::fim_mid, "<|middle|>"},
    Spelling{&SpecialTokens::fim_mid, "<|plamo:fim_middle|>"},
    Spelling{&SpecialTokens::fim_pad, "<|fim_pad|>"},
    Spelling{&SpecialTokens::fim_pad, "<fim-pad>"},
    Spelling{&SpecialTokens::fim_pad, "<fim_pad>"},
    Spelling{&SpecialTokens::fim_pad, "<PAD>"},
    Spelling{&SpecialTokens::fim_pad, "[PAD]"},
    Spelling{&SpecialTokens::fim_rep, "<|fim_repo|>"},
    Spelling{&SpecialTokens::fim_rep, "<|repo_name|>"},
    Spelling{&SpecialTokens::fim_rep, "<fim-repo>"},
    Spelling{&SpecialTokens::fim_rep, "<REPO>"},
    Spelling{&SpecialTokens::fim_rep, "<reponame>"},
    Spelling{&SpecialTokens::fim_sep, "<|file_sep|>"},
    Spelling{&SpecialTokens::fim_sep, "<|plamo:file_separator|>"},
};

// Tokens after which a model has said what it had to say.
constexpr auto kEndSpellings = std::to_array<std::string_view>({
    "<|eot_id|>",
    "<|eot|>",
    "<|im_end|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<|flush|>",
    "<|calls|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "</s>",
    "<|eom_id|>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "<|end_of_text|>",
    "<end_of_utterance>",
    "<eos>",
    "<turn|>",
    "<|tool_response>",
    "<｜end▁of▁sentence｜>",
    "[e~[",
    "<|ifm|im_end|>",
});
// … in Flint's dialect, where the other side begins to speak.
constexpr std::array<std::string_view, 2> kFlintEnds = {"<|user|>", "<|observation|>"};

// Markers of a message's parts that count as text, whatever the file says (gpt-oss).
constexpr std::array<std::string_view, 4> kShownMarkers = {"<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"};

bool contains_any(std::string_view text, std::span<const std::string_view> parts) {
    return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) { return text.find(part) != text.npos; });
}

}  // namespace

void Vocab::read_special_ids(const gguf::Metadata& metadata) {
    for (const auto& [key, role] : kRoleKeys) {
        auto& id = special_.*role;
        if (id && *id >= size()) id.reset();  // a default of larger vocabularies
        const auto stored = metadata.u32(key);
        if (!stored) continue;
        if (*stored < size()) {
            id = *stored;
        } else {
            findings_.push_back({FindingId::special_token_out_of_range,
                                 fmt::format("{} is {}, but the vocabulary has {} tokens", key, *stored, size())});
        }
    }
}

void Vocab::detect_special_tokens() {
    SpecialTokens found;
    for (const auto& [role, text] : kSpellings) {
        if (special_.*role || found.*role) continue;
        if (const auto id = find(text)) {
            found.*role = id;
            attributes_[*id] |= attribute::control;
        }
    }
    for (const auto& [role, text] : kSpellings)
        if (found.*role) special_.*role = found.*role;
    for (TokenId id = 0; id < size(); ++id)
        if (has(id, attribute::control) && texts_[id].find("unused") != std::string_view::npos)
            attributes_[id] |= attribute::unused;
}

void Vocab::collect_end_of_generation() {
    auto& ends = end_of_generation_;
    const auto add = [&](std::optional<TokenId> id) {
        if (id) ends.push_back(*id);
    };
    const auto is_end = [&](std::string_view text) {
        const auto id = find(text);
        return id && std::find(ends.begin(), ends.end(), *id) != ends.end();
    };
    const auto take_back = [&](std::string_view text, std::uint16_t attributes) {
        const auto id = find(text);
        ends.erase(std::remove(ends.begin(), ends.end(), *id), ends.end());
        attributes_[*id] = attributes;
    };
    for (const auto role : {&SpecialTokens::fim_pad, &SpecialTokens::fim_rep, &SpecialTokens::fim_sep})
        add(special_.*role);
    const auto add_spelled = [&](std::span<const std::string_view> texts) {
        for (const std::string_view text : texts) {
            const auto id = find(text);
            if (!id) continue;
            add(id);
            attributes_[*id] |= attribute::control;
        }
    };
    add_spelled(kEndSpellings);
    if (pre_ != nullptr && pre_->name == "flint") add_spelled(kFlintEnds);
    for (const std::string_view text : kShownMarkers)
        if (const auto id = find(text)) attributes_[*id] = attribute::user_defined;
    for (const auto role : {&SpecialTokens::eos, &SpecialTokens::eot, &SpecialTokens::eom}) add(special_.*role);

    // In dialects with tool calls, "<|end|>" only ends one message of several (gpt-oss, Solar Open) …
    const bool calls = is_end("<|call|>") || is_end("<|calls|>");
    if (calls && (is_end("<|return|>") || is_end("<|flush|>")) && is_end("<|end|>"))
        take_back("<|end|>", attribute::user_defined);
    // … and "</s>" is a word (Gemma 4, PLaMo, Beam).
    const bool word = is_end("<|tool_response>") || is_end("<|plamo:eos|>") || find("<rfl:parameter name=\"");
    if (word && is_end("</s>")) take_back("</s>", attribute::normal);

    std::sort(ends.begin(), ends.end());
    ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
}

// Files do not say which tokens swallow the whitespace beside them; it goes by the model's name.
void Vocab::set_strip_attributes(const gguf::Metadata& metadata) {
    const std::string_view pre = metadata.string("tokenizer.ggml.pre").value_or("");
    const std::string_view architecture = metadata.string("general.architecture").value_or("");
    std::string name(metadata.string("general.name").value_or(""));
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;

    constexpr std::array<std::string_view, 4> kMaskPres = {"jina-v2-de", "jina-v2-es", "jina-v2-code", "mmbert"};
    constexpr std::array<std::string_view, 2> kMaskArchitectures = {"nomic-bert-moe", "jina-bert-v3"};
    constexpr std::array<std::string_view, 2> kPhi3 = {"phi-3", "phi3"};
    constexpr std::array<std::string_view, 1> kModernBert = {"modern-bert"};
    const auto strip = [&](std::string_view text, std::uint16_t side) {
        if (const auto id = find(text)) attributes_[*id] |= side;
    };
    if (contains_any(pre, kMaskPres) || contains_any(architecture, kMaskArchitectures)) {
        strip("<mask>", attribute::strip_left);
    } else if (contains_any(name, kPhi3)) {
        for (auto& attributes : attributes_)
            if (attributes & (attribute::control | attribute::user_defined | attribute::unknown))
                attributes |= attribute::strip_right;
        strip("</s>", attribute::strip_right);
        for (const std::string_view text : {"<unk>", "<s>", "<|endoftext|>"})
            if (const auto id = find(text)) attributes_[*id] &= static_cast<std::uint16_t>(~attribute::strip_right);
    } else if (contains_any(name, kModernBert)) {
        strip("[MASK]", attribute::strip_left);
    }
}

}  // namespace attnx::text
