// Which layers slide and which are recurrent (llama-hparams.cpp:8-44 and each architecture's file).
//
// Two ways to say it: a period, where one layer of each group is full (the last one, or the first one), or
// one flag per layer.
#include <fmt/format.h>

#include "read.h"

namespace attnx::model {
namespace {

constexpr std::string_view kWindow = "attention.sliding_window";
constexpr std::string_view kPattern = "attention.sliding_window_pattern";

void set_period(const WindowTraits& window, Draft& draft, std::uint32_t period) {
    for (std::uint32_t i = 0; i < draft.trunk_layers(); ++i) draft.sliding[i] = slides(i, period, window.first_full);
}

// An array of any length is taken literally, next-token-prediction layers included; layers beyond its end are full.
void set_flags(Draft& draft, Hparams& hparams) {
    const auto flags = hparams.u32_array(kPattern, Need::required);
    if (!flags) return;
    const std::uint32_t layers = draft.layer_count_all;
    for (std::uint32_t i = 0; i < layers && i < flags->size(); ++i) draft.sliding[i] = (*flags)[i] != 0;
    if (flags->size() != layers && flags->size() != draft.trunk_layers())
        hparams.find(FindingId::array_length,
                     fmt::format("key {} has {} values for {} layers", hparams.key(kPattern), flags->size(), layers));
    hparams.fact_from_key("sliding_window/layers", list_layers(draft.sliding), kPattern);
}

// By the key, a period or one flag per layer; without it by the row's period.
void use_period(const WindowTraits& window, Draft& draft, Hparams& hparams) {
    if (hparams.array_length(kPattern)) return set_flags(draft, hparams);
    const auto period = hparams.u32(kPattern);
    set_period(window, draft, period.value_or(window.period));
    if (period) return hparams.fact_from_key("sliding_window/layers", list_layers(draft.sliding), kPattern);
    hparams.fact("sliding_window/layers", list_layers(draft.sliding), Source::architecture,
                 fmt::format("the {} of every {} layers is full", window.first_full ? "first" : "last", window.period));
}

void read_size(const WindowTraits& window, Draft& draft, Hparams& hparams, Need need) {
    if (const auto size = hparams.u32(kWindow, need)) {
        draft.window.size = *size;
        hparams.fact_from_key("sliding_window/size", std::to_string(*size), kWindow);
    } else if (window.default_size != 0 && draft.window.type != WindowType::none) {
        draft.window.size = window.default_size;
        hparams.fact("sliding_window/size", std::to_string(window.default_size), Source::architecture,
                     "no key says otherwise");
        hparams.find(FindingId::assumed_value, fmt::format("the window is taken as {}: key {} is missing",
                                                           window.default_size, hparams.key(kWindow)));
    }
}

void force_size(const WindowTraits& window, Draft& draft, Hparams& hparams) {
    if (window.forced_size == 0) return;
    draft.window.size = window.forced_size;
    hparams.fact("sliding_window/size", std::to_string(window.forced_size), Source::architecture,
                 "whatever the key says");
}

// Whether this model slides at all; sets type and size.
bool decide(const WindowTraits& window, Draft& draft, Hparams& hparams) {
    switch (window.when) {
        case WindowWhen::never: return false;
        case WindowWhen::always:
            draft.window.type = window.type;
            read_size(window, draft, hparams, window.default_size == 0 ? Need::required : Need::optional);
            break;
        case WindowWhen::key_positive:
            read_size(window, draft, hparams, Need::optional);
            if (draft.window.size > 0) draft.window.type = window.type;
            break;
        case WindowWhen::key_not_zero:
            if (const auto size = hparams.u32(kWindow); !size || *size != 0) draft.window.type = window.type;
            break;
        case WindowWhen::layer_count:
            if (draft.trunk_layers() == window.layer_count) draft.window.type = window.type;
            read_size(window, draft, hparams, Need::optional);
            break;
        case WindowWhen::read_and_dropped:
            if (const auto size = hparams.u32(kWindow); size && *size > 0)
                hparams.find(FindingId::key_ignored,
                             fmt::format("key {} is {}, but llama.cpp switches the window off for this "
                                         "architecture: every layer is full",
                                         hparams.key(kWindow), *size));
            return false;
    }
    if (draft.window.type == WindowType::none) return false;
    force_size(window, draft, hparams);
    return true;
}

void read_base(const WindowTraits& window, Draft& draft, Hparams& hparams) {
    using enum SlidingRope;
    constexpr std::string_view kBase = "rope.freq_base_swa";
    draft.rope.freq_base_sliding = window.rope == fresh ? std::optional(10000.0F) : draft.rope.freq_base;
    if (!hparams.has(kBase)) return;
    if (window.rope == model || window.rope == model_unscaled) {
        hparams.find(
            FindingId::key_ignored,
            fmt::format("key {} has no effect: sliding layers rotate by the model's base", hparams.key(kBase)));
        return;
    }
    draft.rope.freq_base_sliding = hparams.f32(kBase);
    if (draft.rope.freq_base_sliding)
        hparams.fact_from_key("rope/freq_base_sliding", fmt::format("{}", *draft.rope.freq_base_sliding), kBase);
}

void read_interval(std::uint32_t otherwise, Draft& draft, Hparams& hparams) {
    if (const auto flags = hparams.u32_layers("attention.recurrent_layers", draft.layer_count_all)) {
        for (std::uint32_t i = 0; i < draft.layer_count_all; ++i) draft.recurrent[i] = (*flags)[i] != 0;
        hparams.fact_from_key("recurrent", list_layers(draft.recurrent), "attention.recurrent_layers");
        return;
    }
    const auto key = hparams.u32("full_attention_interval");
    const std::uint32_t interval = key.value_or(otherwise);
    if (interval == 0) hparams.refuse("full_attention_interval is 0: llama.cpp divides by it");
    for (std::uint32_t i = 0; i < draft.trunk_layers(); ++i)
        draft.recurrent[i] = interval == 0 || (i + 1) % interval != 0;
    if (key) hparams.fact_from_key("recurrent", list_layers(draft.recurrent), "full_attention_interval");
    else
        hparams.fact("recurrent", list_layers(draft.recurrent), Source::architecture,
                     fmt::format("one layer of {} attends", otherwise));
}

}  // namespace

bool slides(std::uint32_t layer, std::uint32_t period, bool first_full) {
    if (period == 0) return true;
    return layer % period != (first_full ? 0 : period - 1);
}

void read_window(const WindowTraits& window, Draft& draft, Hparams& hparams) {
    if (!decide(window, draft, hparams)) return;
    read_window_pattern(window, draft, hparams);
    read_base(window, draft, hparams);
}

void read_window_pattern(const WindowTraits& window, Draft& draft, Hparams& hparams) {
    switch (window.pattern) {
        case PatternKey::by_refine: return;
        case PatternKey::period: return use_period(window, draft, hparams);
        case PatternKey::flags: return set_flags(draft, hparams);
        case PatternKey::if_present: break;
    }
    if (hparams.has(kPattern)) return use_period(window, draft, hparams);
    draft.window.type = WindowType::none;
    hparams.find(
        FindingId::assumed_value,
        fmt::format("key {} does not say which layers it holds for: all are counted as full", hparams.key(kWindow)));
}

void read_recurrent(const ArchTraits& row, Draft& draft, Hparams& hparams, const Census& census) {
    const std::uint32_t layers = draft.layer_count_all;
    switch (row.recurrent.when) {
        case RecurrentWhen::never: return;
        case RecurrentWhen::interval: return read_interval(row.recurrent.interval, draft, hparams);
        case RecurrentWhen::all:
        case RecurrentWhen::beside_attention:
            draft.recurrent.assign(layers, true);
            hparams.fact("recurrent", "all", Source::architecture, "every layer carries a state");
            return;
        case RecurrentWhen::by_tensors:
            for (std::uint32_t i = 0; i < layers && i < census.blocks.size(); ++i)
                draft.recurrent[i] = census.blocks[i].recurrent;
            hparams.fact("recurrent", list_layers(draft.recurrent), Source::tensor, "blocks with state-space tensors");
            return;
        case RecurrentWhen::without_kv_heads:
        case RecurrentWhen::without_kv_heads_and_ffn: break;
    }
    const bool spare_ffn = row.recurrent.when == RecurrentWhen::without_kv_heads_and_ffn;
    for (std::uint32_t i = 0; i < draft.trunk_layers(); ++i)
        draft.recurrent[i] = draft.head_count_kv[i] == 0 && !(spare_ffn && draft.feed_forward[i] != 0);
    hparams.fact("recurrent", list_layers(draft.recurrent), Source::derived, "layers whose head_count_kv is 0");
}

}  // namespace attnx::model
