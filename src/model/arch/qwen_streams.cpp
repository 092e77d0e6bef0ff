// Qwen 4 Exp (llama.cpp b12032): gated delta nets on several residual streams; full layers with an indexer, and an
// n-gram module whose history is a third row of the state.
#include <fmt/format.h>

#include "families.h"
#include "ngram_graph.h"
#include "plan_keys.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

// Keys without which this architecture cannot do, and whose value must not be 0.
void need_positive(Hparams& hparams) {
    for (const std::string_view suffix :
         {"ssm.conv_kernel", "ssm.inner_size", "ssm.state_size", "ssm.time_step_rank", "ssm.group_count",
          "hyper_connection.low_rank", "attention.indexer.head_count", "attention.indexer.key_length",
          "attention.indexer.top_k"})
        if (hparams.u32(suffix) == 0U) hparams.refuse(fmt::format("{} is 0", suffix), hparams.key(suffix));
}

// One block size for all layers that have one.
std::uint32_t index_block(const std::vector<std::uint32_t>& ratios, Hparams& hparams) {
    constexpr std::string_view kRatios = "attention.compress_ratios";
    std::uint32_t block = 0;
    for (const std::uint32_t ratio : ratios) {
        if (ratio != 0 && block != 0 && ratio != block)
            hparams.refuse(fmt::format("{} are {} and {}", kRatios, block, ratio), hparams.key(kRatios));
        if (ratio != 0) block = ratio;
    }
    const std::uint32_t chosen = hparams.u32("attention.indexer.top_k").value_or(0);
    if (block == 1 || (block > 1 && chosen % block != 0))
        hparams.refuse(fmt::format("{} is {}: it must be above 1 and divide top_k", kRatios, block),
                       hparams.key(kRatios));
    return block;
}

// One layer hashes the last tokens to rows of a table and convolves what it finds.
void read_ngram(Draft& draft, Hparams& hparams) {
    const auto layers = hparams.u32_array("ple.layers");
    if (!layers || layers->empty()) return;
    if (layers->size() != 1 || layers->front() >= draft.layer_count_all || !draft.recurrent[layers->front()])
        return hparams.refuse("ple.layers does not name one layer of linear attention", hparams.key("ple.layers"));
    draft.ngram.assign(draft.layer_count_all, false);
    draft.ngram[layers->front()] = true;
    const std::uint64_t size = hparams.u32("ple.ngram_size", Need::required).value_or(0);
    const std::uint64_t kernel = hparams.u32("ple.conv_kernel", Need::required).value_or(0);
    hparams.u32("ple.heads_per_ngram", Need::required);
    hparams.u32("ple.eos_token_id", Need::required);
    hparams.u32("embedding_length_per_layer_input", Need::required);
    for (const std::string_view list : {"ple.layer_multipliers", "ple.head_offsets", "ple.head_vocab_sizes"})
        hparams.require(list);
    constexpr std::uint64_t kLongest = 1024;
    if (kernel == 0 || kernel > kLongest || size < 2 || size > kLongest)
        return hparams.refuse("ple.conv_kernel or ple.ngram_size is out of range", hparams.key("ple.ngram_size"));
    draft.ngram_history = (kernel - 1) * size * draft.hyper_connections * draft.embedding;
}

void qwen4exp(Draft& draft, Hparams& hparams) {
    need_positive(hparams);
    if (draft.hyper_connections <= 1)
        hparams.refuse(fmt::format("hyper_connection.count is {}", draft.hyper_connections),
                       hparams.key("hyper_connection.count"));
    const auto ratios = hparams.u32_layers("attention.compress_ratios", draft.layer_count_all);
    const bool pooled = ratios && index_block(*ratios, hparams) != 0;
    draft.dense.assign(draft.layer_count_all, true);
    for (std::uint32_t i = 0; pooled && i < draft.layer_count_all; ++i) draft.dense[i] = (*ratios)[i] == 0;
    if (draft.indexer_key_length > 0) draft.index_rows = pooled ? 2 : 1;
    read_ngram(draft, hparams);
}

void qwen4exp_graph(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    graph.hyper = HyperConnections{.count = keys.require_u32("hyper_connection.count"),
                                   .low_rank = keys.require_u32("hyper_connection.low_rank")};
    const auto blocks = keys.u32_layers("attention.compress_ratios", spec.layer_count_all);
    const std::vector<std::uint64_t> ngrams = keys.integers("ple.layers");
    for (std::size_t i = 0; i < graph.layers.size(); ++i) {
        LayerPlan& layer = graph.layers[i];
        layer.state.silu_gate = false;
        if (layer.indexer) {
            if (blocks && (*blocks)[i] != 0) layer.indexer->pool = (*blocks)[i];
            else layer.indexer.reset();
        }
        if (ngrams.empty() || ngrams.front() != i) continue;
        layer.ngrams = ngram_plan(keys, 0);
        layer.ngrams->stop = layer.ngrams->filler = keys.require_u32("ple.eos_token_id");
    }
}

constexpr ArchTraits kQwenStreamsRows[] = {
    {.name = "qwen4exp",
     .title = "Qwen 4 Exp",
     .tensors = qwen4exp_tensors,
     .rope = RopeType::imrope,
     .needs =
         rms | mamba2 | indexer | KeySet{rope_dimension_sections, hyper_connection_count, hyper_connection_low_rank},
     .reads = {expert_feed_forward_length, expert_shared_feed_forward_length, compress_ratios},
     .recurrent = {RecurrentWhen::interval, LayerKind::delta},
     .projections = ProjectionShape::gated_query,
     .state_snapshots = true,
     .refine = qwen4exp,
     .compute = {.index_rope = RopeType::imrope,
                 .qkv_bias = false,
                 .attention_output_bias = false,
                 .ffn_biases = false,
                 .refine = qwen4exp_graph}},
};

}  // namespace

std::span<const ArchTraits> qwen_streams_family() { return kQwenStreamsRows; }

}  // namespace attnx::model
