// What a tensor is, from its name. Names are llama.cpp's (llama-arch.cpp:381-622); labels are ours.
#include "attnx/model/roles.h"

#include <array>
#include <charconv>
#include <unordered_map>

#include "attnx/model/tensor_plan.h"
#include "role_tables.h"

namespace attnx::model {
namespace {

struct StackPrefix {
    std::string_view prefix;
    Stack stack;
};
constexpr std::array kStacks = {
    StackPrefix{"blk.", Stack::trunk},         StackPrefix{"enc.blk.", Stack::encoder},
    StackPrefix{"dec.blk.", Stack::decoder},   StackPrefix{"posnet.", Stack::posnet},
    StackPrefix{"convnext.", Stack::convnext}, StackPrefix{"v.blk.", Stack::vision},
    StackPrefix{"a.blk.", Stack::audio},       StackPrefix{"lilicorr.layers.", Stack::lilicorr},
};

// Whatever they hold, blocks or not.
struct TowerPrefix {
    std::string_view prefix, tower;
};
constexpr std::array kTowers = {
    TowerPrefix{"v.", "vision"},
    TowerPrefix{"a.", "audio"},
    TowerPrefix{"mm.", "projector"},
};

std::string_view tower_of(std::string_view name) {
    for (const TowerPrefix& row : kTowers)
        if (name.starts_with(row.prefix)) return row.tower;
    return {};
}

using Index = std::unordered_map<std::string_view, const RoleRow*>;

Index index_of(std::span<const RoleRow> rows) {
    Index index;
    for (const RoleRow& row : rows) index.emplace(row.stem, &row);
    return index;
}

const Index& block_index() {
    static const Index kIndex = index_of(kBlockRoles);
    return kIndex;
}

const Index& global_index() {
    static const Index kIndex = index_of(kGlobalRoles);
    return kIndex;
}

// A number that ends at the first dot: "12.attn_q.weight" gives 12 and leaves "attn_q.weight".
std::optional<std::uint32_t> take_number(std::string_view& text) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos || dot == 0) return std::nullopt;
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + dot, number);
    if (error != std::errc{} || end != text.data() + dot) return std::nullopt;
    text.remove_prefix(dot + 1);
    return number;
}

void set_row(TensorRole& role, const Index& index, std::string_view stem) {
    role.stem = stem;
    const auto found = index.find(stem);
    if (found == index.end()) return;
    role.id = found->second->id;
    role.role = found->second->role;
    role.group = found->second->group;
    role.label = found->second->label;
}

void split_suffix(TensorRole& role, const Index& index, std::string_view rest) {
    set_row(role, index, rest);
    if (role.role != Role::unknown) return;
    const std::size_t dot = rest.rfind('.');
    if (dot == std::string_view::npos) return;
    role.suffix = rest.substr(dot + 1);
    set_row(role, index, rest.substr(0, dot));
    if (role.role != Role::unknown) return;
    // "ffn_gate.3": one tensor per expert.
    const std::string_view stem = role.stem;
    const std::size_t inner = stem.rfind('.');
    if (inner == std::string_view::npos) return;
    std::uint32_t expert = 0;
    const char* const last = stem.data() + stem.size();
    const auto [end, error] = std::from_chars(stem.data() + inner + 1, last, expert);
    if (error != std::errc{} || end != last) return;
    set_row(role, index, stem.substr(0, inner));
    if (role.group == RoleGroup::feed_forward) role.expert = expert;
}

}  // namespace

std::string_view to_string(RoleGroup group) {
    constexpr std::array<std::string_view, 9> kNames = {"embedding",    "output", "attention", "indexer", "recurrent",
                                                        "feed_forward", "norm",   "position",  "other"};
    return kNames[static_cast<std::size_t>(group)];
}

std::string_view to_string(Stack stack) {
    constexpr std::array<std::string_view, 9> kNames = {"none",     "trunk",  "encoder", "decoder", "posnet",
                                                        "convnext", "vision", "audio",   "lilicorr"};
    return kNames[static_cast<std::size_t>(stack)];
}

std::string_view to_string(Stem stem) {
    static const auto kNames = [] {
        std::array<std::string_view, kStemCount> names;
        for (const RoleRow& row : kGlobalRoles) names[static_cast<std::size_t>(row.id)] = row.stem;
        for (const RoleRow& row : kBlockRoles) names[static_cast<std::size_t>(row.id)] = row.stem;
        return names;
    }();
    return kNames[static_cast<std::size_t>(stem)];
}

std::string_view to_string(Suffix suffix) {
    constexpr std::array<std::string_view, 8> kNames = {"weight",      "bias",   "scale",  "scales",
                                                        "input_scale", "lora_a", "lora_b", ""};
    return kNames[static_cast<std::size_t>(suffix)];
}

std::span<const RoleRow> block_roles() { return kBlockRoles; }
std::span<const RoleRow> global_roles() { return kGlobalRoles; }

TensorRole role_of(const PlannedTensor& tensor) {
    const bool in_block = tensor.place.stack != Stack::none;
    TensorRole role;
    role.stack = tensor.place.stack;
    if (in_block) role.layer = tensor.place.layer;
    set_row(role, in_block ? block_index() : global_index(), to_string(tensor.stem));
    role.suffix = to_string(tensor.suffix);
    if (role.stack == Stack::vision) role.tower = "vision";
    if (role.stack == Stack::audio) role.tower = "audio";
    return role;
}

TensorRole role_of(std::string_view tensor_name) {
    const Index& blocks = block_index();
    const Index& globals = global_index();
    TensorRole role;
    role.tower = tower_of(tensor_name);
    for (const StackPrefix& stack : kStacks) {
        if (!tensor_name.starts_with(stack.prefix)) continue;
        std::string_view rest = tensor_name.substr(stack.prefix.size());
        role.layer = take_number(rest);
        if (!role.layer) break;
        role.stack = stack.stack;
        split_suffix(role, blocks, rest);
        return role;
    }
    split_suffix(role, globals, tensor_name);
    return role;
}

}  // namespace attnx::model
