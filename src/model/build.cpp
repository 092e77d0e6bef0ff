#include "attnx/model/build.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "attnx/model/visible.h"
#include "layers.h"
#include "memory_plan.h"
#include "parameters.h"
#include "read.h"
#include "stored_basis.h"
#include "tensors/tensor_list.h"

namespace attnx::model {
namespace {

std::string read_architecture(const gguf::File& file) {
    const auto name = file.metadata().string("general.architecture");
    if (!name)
        throw Error(ErrorCode::missing_key, "key general.architecture is missing",
                    Where{file.path(), {}, "general.architecture"});
    return std::string(*name);
}

std::string key_prefix(const ArchTraits& row, const std::string& architecture, const gguf::File& file) {
    if (row.key_prefix.empty()) return architecture;
    const std::string first(row.key_prefix), second(row.other_key_prefix);
    const auto has_blocks = [&](const std::string& prefix) {
        return file.metadata().find(prefix + ".block_count") != nullptr;
    };
    return !has_blocks(first) && has_blocks(second) ? second : first;
}

// The tokenizer's list, otherwise the key, otherwise the token embedding.
std::uint32_t read_vocabulary(Hparams& hparams, const Census& census) {
    const auto report = [&](std::uint64_t size, Source source, std::string detail) {
        hparams.fact("vocabulary_size", std::to_string(size), source, std::move(detail));
        return static_cast<std::uint32_t>(std::min<std::uint64_t>(size, UINT32_MAX));
    };
    if (const auto size = hparams.array_length("@tokenizer.ggml.tokens"))
        return report(*size, Source::key, "tokenizer.ggml.tokens");
    if (const auto size = hparams.u32("vocab_size")) return report(*size, Source::key, hparams.key("vocab_size"));
    if (census.token_embedding) return report(census.embedding_rows, Source::tensor, "token_embd.weight");
    return 0;
}

void describe_model(const ArchTraits& row, const Draft& draft, const Census& census, Hparams& hparams,
                    ModelSpec& spec) {
    spec.layer_count = draft.trunk_layers();
    spec.layer_count_all = draft.layer_count_all;
    spec.block_count = draft.block_count;
    spec.context_length = draft.context;
    spec.embedding_length = draft.embedding;
    spec.vocabulary_size = read_vocabulary(hparams, census);
    spec.parameter_count = census.parameters;
    spec.tower_parameter_count = census.tower_parameters;
    spec.causal = draft.causal;
    spec.mla = draft.compressed_latent();
    spec.attention_softcap = draft.attention_softcap;
    spec.final_softcap = draft.final_softcap;
    spec.experts = {draft.expert_count, draft.expert_groups, draft.expert_groups_used, 0, draft.expert_used};
    spec.window = draft.window;
    spec.rope = draft.rope;
    spec.rope.dimension_count = draft.rope_dimensions;
    if (row.projections == ProjectionShape::latent || row.projections == ProjectionShape::shared_latent || spec.mla)
        spec.latent = LatentSpec{draft.query_rank, draft.key_value_rank, draft.head_k_mla, draft.head_v_mla};
    spec.window_looks_back = draft.window_looks_back;
    if (draft.key_value_rank_sliding != 0)
        spec.latent_sliding = LatentSpec{draft.query_rank, draft.key_value_rank_sliding, draft.head_k_mla_sliding,
                                         draft.head_v_mla_sliding};
    if (spec.rope.type == row.rope && spec.support == Support::known)
        hparams.fact("rope/type", std::string(to_string(spec.rope.type)), Source::architecture, std::string(row.title));
    if (draft.window.type != WindowType::none)
        hparams.fact("sliding_window/type", std::string(to_string(draft.window.type)), Source::architecture,
                     std::string(row.title));
    if (spec.mla) hparams.fact("mla", "true", Source::derived, "key_length_mla and value_length_mla are both given");
    if (census.any)
        hparams.fact("parameter_count", std::to_string(census.parameters), Source::tensor, "sum over the tensor table");
}

void find_unknown(const std::string& architecture, const Draft& draft, Hparams& hparams) {
    hparams.find(
        FindingId::unknown_architecture,
        fmt::format("attnx has no row for architecture {}; only what keys and tensors say is shown, and memory is an "
                    "estimate",
                    architecture));
    if (draft.rope.type != RopeType::none)
        hparams.fact("rope/type", std::string(to_string(draft.rope.type)), Source::assumed,
                     "no row, but the file has rope keys");
}

void find_drafter(const ArchTraits& row, const Census& census, Hparams& hparams) {
    if (row.needs_target.empty()) return;
    if (row.memory != MemoryClass::borrowed && census.token_embedding && census.output) return;
    hparams.find(FindingId::assumed_value,
                 fmt::format("{} runs only beside its target model: {}", row.title, row.needs_target));
}

void list_tensors(const ArchTraits& row, const gguf::File& file, const std::string& prefix, const Draft& draft,
                  ModelSpec& spec) {
    TensorList list(file, prefix, draft, spec.tensors);
    if (row.tensors == nullptr) return list.take_names();
    row.tensors(list);
    list.finish();
}

// An architecture without a row takes them for what they are called.
bool heeds_sinks(const TensorPlan& plan) {
    return !plan.known || std::ranges::any_of(plan.tensors, [](const PlannedTensor& tensor) {
        return tensor.stem == Stem::attn_sinks && tensor.used;
    });
}

void find_overall(const Census& census, Hparams& hparams) {
    if (!census.any) hparams.find(FindingId::no_tensors, "the file holds no tensors, only metadata");
    if (census.parameters_overflow) hparams.find(FindingId::implausible_value, "the parameters do not fit in 64 bits");
    if (!hparams.refusals.empty())
        hparams.find(FindingId::llama_cpp_refuses,
                     fmt::format("llama.cpp (b12032) refuses this model: {}", fmt::join(hparams.reasons(), "; ")));
}

// Of the scores, where no key and no constant of the row gave it.
void explain_scale(const ArchTraits& row, const Draft& draft, const ModelSpec& spec, Hparams& hparams) {
    const auto first = std::ranges::find_if(spec.layers, attends);
    if (first == spec.layers.end() || draft.attention_scale) return;
    const auto rule = [&]() -> std::string_view {
        switch (row.compute.scale) {
            case ScaleRule::inv_sqrt_head: return "1 / sqrt(head dimension)";
            case ScaleRule::inv_head: return "1 / head dimension";
            case ScaleRule::inv_sqrt_rope: return "1 / sqrt(rotated dimensions)";
            case ScaleRule::yarn_squared: return "1 / sqrt(head dimension), times the square of YaRN's length";
        }
        return {};
    };
    const bool same = std::ranges::all_of(spec.layers, [&](const LayerSpec& layer) {
        return !attends(layer) || layer.score_scale == first->score_scale;
    });
    hparams.fact("score_scale", same ? fmt::format("{:.6g}", first->score_scale) : "per layer", Source::derived,
                 std::string(rule()));
}

ModelSpec build(const gguf::File& file, const ArchTraits* known) {
    ModelSpec spec;
    spec.architecture = read_architecture(file);
    if (known == nullptr) known = find_arch(spec.architecture);
    spec.row = known;
    const ArchTraits& row = known != nullptr ? *known : generic_arch();
    spec.title = std::string(row.title);
    spec.support = known != nullptr ? Support::known : Support::unknown;

    const std::string prefix = key_prefix(row, spec.architecture, file);
    Hparams hparams(file.metadata(), prefix);
    hparams.fact_from_key("architecture", printable(spec.architecture), "@general.architecture");
    spec.name = hparams.string("@general.name");
    if (!row.unsupported.empty()) hparams.refuse(std::string(row.unsupported));

    const Census census = take_census(file);
    Draft draft = read_common(row, hparams, census);
    read_row(row, draft, hparams, census);
    if (known == nullptr && !hparams.has("rope.freq_base") && !hparams.has("rope.dimension_count"))
        draft.rope.type = RopeType::none;

    describe_model(row, draft, census, hparams, spec);
    spec.layers = describe_layers(row, draft, census, hparams);
    spec.experts.shared = shared_experts(draft.shared_experts, spec.layers);
    if (rotated_layers(spec) == 0) {  // the type is the architecture's in llama.cpp; the rest is heeded by nobody
        RopeSpec rope;
        rope.type = spec.rope.type;
        spec.rope = rope;
    }
    if (census.parameters > 0) spec.active_parameter_count = count_active(spec, file.tensors());
    explain_scale(row, draft, spec, hparams);
    spec.key_refusals = hparams.refusals;  // what follows keeps llama.cpp from making a context, not from loading
    spec.memory = plan_memory(row, draft, hparams);
    spec.memory_mtp = plan_prediction_memory(row, draft);
    if (known == nullptr) find_unknown(spec.architecture, draft, hparams);
    if (known != nullptr && spec.architecture == row.fork_name) {
        spec.fork_of = std::string(row.name);
        hparams.find(FindingId::assumed_value, fmt::format("architecture {} is a fork's name of {}, and taken for it",
                                                           spec.architecture, row.name));
    }
    find_drafter(row, census, hparams);
    find_overall(census, hparams);
    list_tensors(row, file, prefix, draft, spec);
    spec.sinks = census.sinks && heeds_sinks(spec.tensors);
    if (spec.sinks) hparams.fact("sinks", "true", Source::tensor, "attn_sinks");

    const std::vector<std::string> reasons = hparams.reasons();
    spec.memory.refusals.assign(reasons.begin() + static_cast<std::ptrdiff_t>(spec.key_refusals.size()), reasons.end());
    if (spec.memory_mtp) spec.memory_mtp->refusals = spec.memory.refusals;
    if (auto refusal = stored_basis_refusal(file, known == nullptr || known->rotated_weights))
        spec.key_refusals.insert(spec.key_refusals.begin(), *std::move(refusal));
    spec.provenance = std::move(hparams.facts);
    spec.findings = std::move(hparams.findings);
    return spec;
}

ModelSpec build_in(const gguf::File& file, const ArchTraits* row) {
    try {
        return build(file, row);
    } catch (const Error& error) {
        if (!error.where().path.empty()) throw;
        throw Error(error.code(), error.message(), Where{file.path(), error.where().offset, error.where().name});
    }
}

}  // namespace

ModelSpec build_spec(const gguf::File& file) { return build_in(file, nullptr); }
ModelSpec build_spec(const gguf::File& file, const ArchTraits& row) { return build_in(file, &row); }

}  // namespace attnx::model
