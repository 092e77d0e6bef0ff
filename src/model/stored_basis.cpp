// llama.cpp b12032, src/llama-model.cpp: load_hparams_hadamard and load_tensors_hadamard.
#include "stored_basis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "attnx/gguf/stored_basis.h"

namespace attnx::model {
namespace {

constexpr std::string_view kTable = "token_embd.weight", kHead = "output.weight";

// Of the matrices whose product llama.cpp builds in the one place that turns the input.
constexpr auto kKinds = std::to_array<std::string_view>(
    {"attn_q", "attn_k", "attn_v", "attn_qkv", "attn_gate", "attn_output", "ffn_gate", "ffn_up", "ffn_down",
     "ffn_gate_exps", "ffn_up_exps", "ffn_down_exps", "ffn_gate_up_exps", "ffn_gate_shexp", "ffn_up_shexp",
     "ffn_down_shexp", "ssm_out"});

bool may_be_rotated(std::string_view name) {
    constexpr std::string_view kBlock = "blk.", kWeight = ".weight";
    if (name == kHead) return true;
    if (!name.starts_with(kBlock) || !name.ends_with(kWeight)) return false;
    name = name.substr(kBlock.size(), name.size() - kBlock.size() - kWeight.size());
    const auto digits = static_cast<std::size_t>(
        std::ranges::find_if_not(name, [](unsigned char c) { return std::isdigit(c) != 0; }) - name.begin());
    return digits > 0 && digits < name.size() && name[digits] == '.' &&
           std::ranges::find(kKinds, name.substr(digits + 1)) != kKinds.end();
}

Refusal about(std::string_view what, std::string_view name) {
    return {fmt::format("keys {}*: {}", gguf::kStoredBasisKeys, what), std::string(name)};
}

std::optional<Refusal> names_refusal(const gguf::StoredBasis& basis) {
    for (const auto& [names, allowed] : {std::pair(&basis.matrices, &may_be_rotated),
                                         std::pair(
                                             &basis.tables, +[](std::string_view n) { return n == kTable; })}) {
        std::set<std::string_view> seen;
        for (const std::string& name : *names) {
            if (!allowed(name)) return about(fmt::format("{} is none that llama.cpp turns", printable(name)), name);
            if (!seen.insert(name).second) return about(fmt::format("{} is named twice", printable(name)), name);
        }
    }
    return std::nullopt;
}

std::optional<Refusal> tensors_refusal(const gguf::StoredBasis& basis, const gguf::File& file) {
    for (const auto* names : {&basis.matrices, &basis.tables}) {
        for (const std::string& name : *names) {
            const gguf::TensorInfo* tensor = file.find_tensor(name);
            if (tensor == nullptr) return about(fmt::format("{} is not in the file", printable(name)), name);
            if (tensor->ne[0] % basis.block != 0)
                return about(
                    fmt::format("the {} inputs of {} are no blocks of {}", tensor->ne[0], printable(name), basis.block),
                    name);
            if (!basis.signs.empty() && !basis.signs.contains(tensor->ne[0]))
                return about(fmt::format("no signs for the {} inputs of {}", tensor->ne[0], printable(name)), name);
        }
    }
    return std::nullopt;
}

std::optional<Refusal> refusal_of(const gguf::StoredBasis& basis, const gguf::File& file, bool architecture) {
    const bool has_head = file.find_tensor(kHead) != nullptr;
    if (basis.tied_output && has_head) return about("tied_output, but there is an output matrix", kHead);
    if (!architecture) return about("this architecture does not turn its weights", "general.architecture");
    if (auto refusal = names_refusal(basis)) return refusal;
    if (basis.tied_output && basis.tables.empty()) return about("tied_output, but the table is not rotated", kTable);
    if (!basis.tied_output && !basis.tables.empty() && !has_head && !file.tensors().empty())
        return about("the rotated table is the output matrix, too, and tied_output does not say so", kTable);
    return file.tensors().empty() ? std::nullopt : tensors_refusal(basis, file);
}

}  // namespace

std::optional<Refusal> stored_basis_refusal(const gguf::File& file, bool architecture) {
    try {
        const gguf::StoredBasis* basis = file.stored_basis();
        return basis != nullptr ? refusal_of(*basis, file, architecture) : std::nullopt;
    } catch (const Error& error) {
        return Refusal{error.message(), error.where().name};
    }
}

}  // namespace attnx::model
