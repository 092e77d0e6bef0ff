#include "vocab_models.h"

#include <algorithm>

#include "vocab_keys.h"

// Defaults from llama.cpp b12032, src/llama-vocab.cpp, llama_vocab::impl::load.

namespace attnx::text {
namespace {

constexpr VocabModel kVocabModels[] = {
    {.name = "llama",
     .type = VocabType::spm,
     .defaults = {.bos = 1, .eos = 2, .unk = 0},
     .rules = {.add_bos = true, .add_space_prefix = true}},
    {.name = "bert",
     .type = VocabType::wpm,
     .defaults = {.bos = 101, .unk = 100, .sep = 102, .pad = 0, .mask = 103},
     .rules = {.add_bos = true, .add_sep = true, .clean_spaces = true}},
    {.name = "gpt2", .type = VocabType::bpe, .defaults = {.bos = 11, .eos = 11}, .rules = {.escape_spaces = false}},
    {.name = "hybriddna",
     .type = VocabType::bpe,
     .defaults = {.bos = 11, .eos = 11},
     .rules = {.escape_spaces = false}},
    {.name = "whitespace",
     .type = VocabType::bpe,
     .defaults = {.bos = 11, .eos = 11},
     .rules = {.escape_spaces = false}},
    {.name = "gemma4", .type = VocabType::bpe, .defaults = {}, .rules = {}, .implied_pre = "gemma4"},
    {.name = "t5", .type = VocabType::ugm, .defaults = {.eos = 1, .unk = 2, .pad = 0}, .rules = {.add_eos = true}},
    {.name = "rwkv", .type = VocabType::rwkv, .defaults = {}, .rules = {}},
    {.name = "plamo2", .type = VocabType::plamo2, .defaults = {.bos = 1, .eos = 2, .unk = 0, .pad = 3}, .rules = {}},
    {.name = "plamo3", .type = VocabType::plamo3, .defaults = {.bos = 1, .eos = 2, .unk = 0, .pad = 3}, .rules = {}},
    {.name = "test", .type = VocabType::test, .defaults = {}, .rules = {}},
};

}  // namespace

const VocabModel* find_vocab_model(std::string_view name) {
    const auto* row =
        std::find_if(std::begin(kVocabModels), std::end(kVocabModels), [&](const auto& r) { return r.name == name; });
    return row == std::end(kVocabModels) ? nullptr : row;
}

TokenizerName tokenizer_name(const gguf::Metadata& metadata) {
    const auto text = [&](std::string_view key) -> std::optional<std::string> {
        const gguf::Value* value = metadata.find(key);
        const auto stored = value == nullptr ? std::nullopt : value->as<std::string_view>();
        return stored ? std::optional<std::string>(*stored) : std::nullopt;
    };
    TokenizerName name{text(kModel), text(kPre), std::nullopt};
    const VocabModel* row = name.model ? find_vocab_model(*name.model) : nullptr;
    if (row != nullptr) name.type = row->type;
    return name;
}

}  // namespace attnx::text
