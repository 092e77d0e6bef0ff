#include <fmt/format.h>

#include <algorithm>

#include "read.h"

namespace attnx::model {
namespace {

void read_key(const KeyRow& key, Draft& draft, Hparams& hparams, Need need) {
    switch (key.type) {
        case KeyType::f32: hparams.f32(key.suffix, need); break;
        case KeyType::boolean: hparams.boolean(key.suffix, need); break;
        case KeyType::string: hparams.string(key.suffix, need); break;
        case KeyType::f32_layers: hparams.f32_layers(key.suffix, draft.layer_count_all, need); break;
        case KeyType::u32_layers: {
            const auto values = hparams.u32_layers(key.suffix, draft.layer_count_all, need);
            if (!values || key.numbers == nullptr) break;
            draft.*key.numbers = *values;
            hparams.fact_from_key(key.suffix, summarise(*values), key.suffix);
            break;
        }
        case KeyType::special:
            if (need == Need::required) hparams.require(key.suffix);
            break;
        case KeyType::u32: {
            const auto value = hparams.u32(key.suffix, need);
            if (!value || key.number == nullptr) break;
            draft.*key.number = *value;
            hparams.fact_from_key(key.suffix, std::to_string(*value), key.suffix);
            break;
        }
    }
}

bool heeds(const ArchTraits& row, Key key) {
    switch (key) {
        case Key::sliding_window: return row.window.when != WindowWhen::never;
        case Key::sliding_window_pattern:
            return row.window.when != WindowWhen::never && row.window.when != WindowWhen::read_and_dropped &&
                   row.window.pattern != PatternKey::by_refine;
        case Key::nextn_predict_layers: return true;
        case Key::recurrent_layers:
        case Key::full_attention_interval: return row.recurrent.when == RecurrentWhen::interval;
        default: return row.needs.contains(key) || row.reads.contains(key);
    }
}

// Keys that describe attention and stand in the file to no effect: users wonder about those.
void find_ignored(const ArchTraits& row, Hparams& hparams) {
    for (const KeyRow& key : key_table())
        if (key.attention && !heeds(row, key.key) && hparams.has(key.suffix))
            hparams.find(FindingId::key_ignored,
                         fmt::format("key {} has no effect: llama.cpp does not read it for this architecture",
                                     hparams.key(key.suffix)));
}

// 0 stands for "none".
std::optional<float> read_factor(const ArchTraits& row, Hparams& hparams, Key key, std::string_view field,
                                 std::string_view suffix, float otherwise) {
    if ((row.reads.contains(key) || row.needs.contains(key)) && hparams.has(suffix)) {
        const auto cap = hparams.f32(suffix);
        if (cap) hparams.fact_from_key(field, fmt::format("{}", *cap), suffix);
        return cap && *cap != 0 ? cap : std::nullopt;
    }
    if (otherwise == 0) return std::nullopt;
    hparams.fact(field, fmt::format("{}", otherwise), Source::architecture, "no key says otherwise");
    return otherwise;
}

// llama-model.cpp, load_hparams.
void check_experts(const Draft& draft, Hparams& hparams) {
    constexpr std::uint32_t kMaxExperts = 1024;
    const auto refuse = [&](std::string_view suffix, std::string reason) {
        hparams.refuse(std::move(reason), hparams.key(suffix));
    };
    if (draft.expert_count > kMaxExperts)
        refuse("expert_count",
               fmt::format("expert_count is {}; llama.cpp takes at most {}", draft.expert_count, kMaxExperts));
    const std::uint32_t used = draft.expert_used.empty() ? 0 : std::ranges::max(draft.expert_used);
    if (used > draft.expert_count)
        refuse("expert_used_count", fmt::format("expert_used_count is {} of {}", used, draft.expert_count));
    if (draft.expert_count > 0 && used == 0) refuse("expert_used_count", "expert_used_count is 0");
    const std::uint32_t groups = draft.expert_groups;
    if (groups > 0 && groups >= draft.expert_count)
        refuse("expert_group_count", fmt::format("expert_group_count is {}", groups));
    else if (groups > 1 &&
             (draft.expert_count % groups != 0 || draft.expert_groups_used == 0 || draft.expert_groups_used >= groups))
        refuse("expert_group_count",
               fmt::format("{} experts in {} groups, {} used", draft.expert_count, groups, draft.expert_groups_used));
}

// In which order the sections of a multi-section rope stand for time, height and width.
void check_section_order(const Draft& draft, Hparams& hparams) {
    constexpr std::string_view kOrder = "rope.section_order", kUsual = "tyxz", kOther = "zyxt";
    const auto order = hparams.string(kOrder);
    if (!order || *order == kUsual) return;
    if (*order != kOther) hparams.refuse(fmt::format("{} is {}", kOrder, *order), hparams.key(kOrder));
    else if (draft.rope.type != RopeType::mrope && draft.rope.type != RopeType::imrope)
        hparams.refuse(fmt::format("{} is {}, but this rope has no sections", kOrder, *order), hparams.key(kOrder));
}

void check_plausible(const ArchTraits& row, const Draft& draft, Hparams& hparams) {
    constexpr std::uint32_t kLargestHead = 65536, kLargestRank = 1U << 20;
    const auto doubt = [&](std::string_view what, std::uint32_t value) {
        hparams.find(FindingId::implausible_value, fmt::format("{} is {}", what, value));
    };
    for (const std::uint32_t length : {draft.head_k, draft.head_v, draft.head_k_sliding, draft.head_v_sliding})
        if (length > kLargestHead) {
            doubt("a head dimension", length);
            break;
        }
    if (row.rope != RopeType::none && draft.rope_dimensions > draft.head_k)
        doubt(fmt::format("rope.dimension_count, for heads of {},", draft.head_k), draft.rope_dimensions);
    if (draft.query_rank > kLargestRank) doubt("attention.q_lora_rank", draft.query_rank);
    if (draft.key_value_rank > kLargestRank) doubt("attention.kv_lora_rank", draft.key_value_rank);
}

void read_sections(const ArchTraits& row, Draft& draft, Hparams& hparams) {
    constexpr std::uint32_t kSections = 4;
    if (!row.reads.contains(Key::rope_dimension_sections) && !row.needs.contains(Key::rope_dimension_sections)) return;
    auto sections = hparams.u32_layers("rope.dimension_sections", kSections);
    if (!sections) return;
    if (row.sectioned && static_cast<std::int32_t>((*sections)[0]) > 0 &&
        static_cast<std::int32_t>((*sections)[1]) > 0) {
        draft.rope.type = RopeType::mrope;
        hparams.fact_from_key("rope/type", "mrope", "rope.dimension_sections");
    }
    draft.rope.sections = *std::move(sections);
}

}  // namespace

void read_row(const ArchTraits& row, Draft& draft, Hparams& hparams, const Census& census) {
    for (const KeyRow& key : key_table()) {
        if (row.needs.contains(key.key)) read_key(key, draft, hparams, Need::required);
        else if (row.reads.contains(key.key)) read_key(key, draft, hparams, Need::optional);
    }
    draft.attention_softcap = read_factor(row, hparams, Key::attn_logit_softcapping, "attention_softcap",
                                          "attn_logit_softcapping", row.attention_softcap);
    draft.final_softcap = read_factor(row, hparams, Key::final_logit_softcapping, "final_softcap",
                                      "final_logit_softcapping", row.final_softcap);
    draft.attention_scale =
        read_factor(row, hparams, Key::attention_scale, "score_scale", "attention.scale", row.attention_scale);
    read_window(row.window, draft, hparams);
    read_recurrent(row, draft, hparams, census);
    read_sections(row, draft, hparams);
    if (row.causal != Causal::by_key) {
        draft.causal = false;
        draft.causal_key = draft.causal_key && row.causal == Causal::never_run;
        hparams.fact("causal", "false", Source::architecture, "whatever the key says");
    }
    if (row.refine != nullptr) row.refine(draft, hparams);
    check_experts(draft, hparams);
    check_section_order(draft, hparams);
    check_plausible(row, draft, hparams);
    find_ignored(row, hparams);
}

}  // namespace attnx::model
