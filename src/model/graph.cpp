// From a row of execution traits, keys and the specification to a plan for every layer.
#include "attnx/model/graph.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <fmt/format.h>

#include "arch/plan_keys.h"
#include "arch/traits.h"
#include "attnx/base/error.h"
#include "attnx/gguf/file.h"
#include "attnx/model/visible.h"
#include "read.h"

namespace attnx::model {

namespace {

class GraphBuilder {
public:
    GraphBuilder(const gguf::File& file, const ModelSpec& spec, const ArchTraits& row)
        : spec_(spec), row_(row), traits_(row.compute), keys_(file.metadata(), spec.architecture, spec.tensors) {}

    Graph build() {
        graph_.width = spec_.embedding_length;
        graph_.vocabulary = spec_.vocabulary_size;
        graph_.plan = traits_.plan;
        graph_.norm = traits_.norm;
        graph_.norm_epsilon = epsilon();
        graph_.unweighted_norms = traits_.unweighted_norms;
        graph_.names = traits_.names;
        graph_.has_head = traits_.has_head;
        graph_.head_bias = traits_.head_bias;
        graph_.logit_softcap = spec_.final_softcap;
        for (std::uint32_t i = 0; i < spec_.layer_count; ++i) graph_.layers.push_back(layer(i));
        if (traits_.refine != nullptr) traits_.refine(graph_, keys_, spec_);
        if (graph_.layers.empty()) throw Error(ErrorCode::bad_value, "the model has no layers to run");
        for (auto& l : graph_.layers) {
            if (l.attention.qk_norm_epsilon == 0.0F) {
                l.attention.qk_norm_kind = graph_.norm;
                l.attention.qk_norm_epsilon = graph_.norm_epsilon;
            }
        }
        for (Finding& found : keys_.findings)
            if (!said(found)) graph_.findings.push_back(std::move(found));
        return std::move(graph_);
    }

private:
    // By the specification, which has read the key too.
    bool said(const Finding& finding) const {
        return std::ranges::any_of(
            spec_.findings, [&](const Finding& f) { return f.id == finding.id && f.message == finding.message; });
    }

    float epsilon() {
        const std::string_view key =
            traits_.norm == NormKind::rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon";
        return keys_.f32(key).value_or(1e-5F);
    }

    LayerPlan layer(std::uint32_t i) {
        LayerPlan plan;
        plan.kind = spec_.layers[i].kind;
        plan.weights_of = i;
        plan.attention = attention(i);
        plan.state = state();
        if (plan.kind == LayerKind::mla) plan.latent = latent(spec_.layers[i]);
        // Compressed rows have indexers of their own, and so have blocks of keys in MiniMax-M3.
        if (spec_.layers[i].indexer && row_.memory != MemoryClass::sparse && !is_compressed(row_.memory))
            plan.indexer = indexer(spec_.layers[i]);
        plan.ffn = feed_forward(i);
        return plan;
    }

    AttentionPlan attention(std::uint32_t i) {
        const LayerSpec& s = spec_.layers[i];
        const Mask mask = mask_of(spec_, s);
        AttentionPlan a;
        a.heads = s.head_count;
        a.kv_heads = s.head_count_kv;
        a.dim_k = s.head_dim_k;
        a.dim_v = s.head_dim_v;
        a.causal = mask.causal;
        a.window = mask.window;
        a.score_scale = s.score_scale;
        a.scale_queries = traits_.scale_queries;
        a.softcap = spec_.attention_softcap;
        a.rope = s.rotation;
        a.kv_of_layer = s.kv_shared_with;
        // Embedding models run without a cache.
        a.cached = row_.causal == Causal::by_key && traits_.has_head && !spec_.memory.caches.empty();
        add_rotation(s.kv_shared_with.value_or(i), a);
        a.max_alibi_bias = traits_.alibi_key ? keys_.f32_or("attention.max_alibi_bias", 0.0F) : traits_.max_alibi_bias;
        a.qk_norm = traits_.qk_norm;
        if (traits_.clamp_key) a.clamp = positive(keys_.f32("attention.clamp_kqv"));
        a.gate = traits_.gate;
        a.qkv_bias = traits_.qkv_bias;
        a.output_bias = traits_.attention_output_bias;
        return a;
    }

    // Of the cache that holds the layer's keys and values.
    void add_rotation(std::uint32_t layer, AttentionPlan& a) const {
        for (const CachePlan& cache : spec_.memory.caches) {
            const bool holds = cache.kind == CacheKind::full || cache.kind == CacheKind::sliding;
            if (!holds || std::ranges::find(cache.layers, layer, &CacheLayer::layer) == cache.layers.end()) continue;
            a.key_rotation = cache.key_rotation;
            a.value_rotation = cache.value_rotation;
        }
    }

    static std::optional<float> positive(std::optional<float> value) {
        return value && *value > 0.0F ? value : std::nullopt;
    }

    LatentPlan latent(const LayerSpec& s) {
        const LatentSpec compressed =
            s.sliding && spec_.latent_sliding ? *spec_.latent_sliding : spec_.latent.value_or(LatentSpec{});
        const std::uint32_t head = compressed.head_dim_k != 0 ? compressed.head_dim_k : s.head_dim_k;
        LatentPlan l;
        l.rank =
            compressed.key_value_rank != 0 ? compressed.key_value_rank : keys_.require_u32("attention.kv_lora_rank");
        // Beside layers that rotate, one that does not has no such part.
        l.rope_dim = s.rotation || rotated_layers(spec_) == 0 ? s.rope_dimensions : 0;
        if (l.rope_dim > head) {
            throw Error(ErrorCode::bad_value, fmt::format("{} rotated dimensions in heads of {}", l.rope_dim, head),
                        {{}, {}, keys_.key("rope.dimension_count")});
        }
        l.nope_dim = head - l.rope_dim;
        l.dim_v = compressed.head_dim_v != 0 ? compressed.head_dim_v : s.head_dim_v;
        return l;
    }

    IndexerPlan indexer(const LayerSpec& s) {
        IndexerPlan plan;
        plan.heads = keys_.require_u32("attention.indexer.head_count");
        plan.dim = keys_.require_u32("attention.indexer.key_length");
        plan.chosen = keys_.require_u32("attention.indexer.top_k");
        plan.rope = s.rotation;
        if (plan.rope) plan.rope->type = traits_.index_rope;
        plan.own = std::ranges::any_of(spec_.memory.caches, [&](const CachePlan& cache) {
            return cache.kind == CacheKind::indexer &&
                   std::ranges::any_of(cache.layers, [&](const CacheLayer& kept) { return kept.layer == s.index; });
        });
        return plan;
    }

    StatePlan state() {
        StatePlan s;
        s.inner = keys_.u32("ssm.inner_size").value_or(0);
        s.state = keys_.u32("ssm.state_size").value_or(0);
        s.heads = keys_.u32("ssm.time_step_rank").value_or(0);
        s.groups = keys_.u32("ssm.group_count").value_or(0);
        s.kernel = keys_.u32("ssm.conv_kernel").value_or(0);
        s.head_dim = keys_.u32("kda.head_dim").value_or(0);
        return s;
    }

    FfnPlan feed_forward(std::uint32_t i) {
        FfnPlan f;
        f.activation = traits_.activation;
        f.mix = traits_.mix;
        f.biases = traits_.ffn_biases;
        f.experts = experts(i);
        return f;
    }

    ExpertPlan experts(std::uint32_t i) {
        ExpertPlan e;
        e.count = spec_.experts.count;
        if (e.count == 0) return e;
        e.used = i < spec_.experts.used.size() ? spec_.experts.used[i] : keys_.require_u32("expert_used_count");
        e.groups = spec_.experts.groups;
        e.groups_used = spec_.experts.groups_used;
        e.gating = gating();
        e.normalize = normalizes();
        if (traits_.experts.scale_key) e.scale = keys_.f32_or("expert_weights_scale", 1.0F);
        e.weight_input = traits_.experts.weight_input;
        e.route_block_input = traits_.experts.route_block_input;
        return e;
    }

    bool normalizes() {
        const NormalizeRule rule = traits_.experts.normalize;
        if (rule == NormalizeRule::always || rule == NormalizeRule::never) return rule == NormalizeRule::always;
        return keys_.boolean("expert_weights_norm").value_or(rule == NormalizeRule::key_or_always);
    }

    Gating gating() {
        const std::uint32_t key = keys_.u32("expert_gating_func").value_or(0);
        switch (traits_.experts.gating) {
            case GatingRule::softmax: return Gating::softmax;
            case GatingRule::sigmoid: return Gating::sigmoid;
            case GatingRule::softmax_of_chosen: return Gating::softmax_of_chosen;
            case GatingRule::key_or_sigmoid:
                if (key == 0) return Gating::sigmoid;
                break;
            case GatingRule::key_or_softmax:
                if (key == 0) return Gating::softmax;
                break;
            case GatingRule::key: break;
        }
        switch (key) {
            case 1: return Gating::softmax;
            case 2: return Gating::sigmoid;
            case 3: return Gating::softmax_of_chosen;
            case 4: return Gating::sqrt_softplus;
            default: break;
        }
        throw Error(ErrorCode::unsupported, fmt::format("the experts' gating function {} is not executed", key),
                    {{}, {}, keys_.key("expert_gating_func")});
    }

    const ModelSpec& spec_;
    const ArchTraits& row_;
    const ComputeTraits& traits_;
    PlanKeys keys_;
    Graph graph_;
};

}  // namespace

namespace {

void refuse_what_is_not_executed(const gguf::File& file, const ModelSpec& spec) {
    const auto refuse = [&](std::string message, std::string_view key) {
        throw Error(ErrorCode::unsupported, std::move(message), Where{file.path(), {}, std::string(key)});
    };
    if (spec.row == nullptr)
        refuse(fmt::format("how architecture {} computes is not known, so it is not executed", spec.architecture),
               "general.architecture");
    if (!spec.row->compute.refusal.empty())
        refuse(fmt::format("{} is not executed: {}", spec.architecture, spec.row->compute.refusal), {});
    if (spec.layer_count == 0 || spec.layers.size() < spec.layer_count)
        throw Error(ErrorCode::bad_value, "the model has no layers", Where{file.path(), {}, {}});
    if (rotated_layers(spec) > 0 && !is_known_scaling(spec.rope.scaling_type))
        throw Error(ErrorCode::bad_value, fmt::format("rope scaling type \"{}\" is not known", spec.rope.scaling_type),
                    Where{file.path(), {}, spec.architecture + ".rope.scaling.type"});
}

}  // namespace

Graph build_graph(const gguf::File& file, const ModelSpec& spec) {
    refuse_what_is_not_executed(file, spec);
    try {
        return GraphBuilder(file, spec, *spec.row).build();
    } catch (const Error& error) {
        if (!error.where().path.empty()) throw;
        throw Error(error.code(), error.message(), Where{file.path(), error.where().offset, error.where().name});
    }
}

}  // namespace attnx::model
