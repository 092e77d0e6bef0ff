// attnx kv-cost: what a context will really take.
#include <fmt/format.h>

#include <limits>

#include "../arguments/cache_types.h"
#include "../arguments/option_rows.h"
#include "../inputs/model_source.h"
#include "attnx/analysis/kv_cost.h"
#include "attnx/report/report.h"
#include "command_rows.h"

namespace attnx::cli {
namespace {

using analysis::ContextParams;
using gguf::TensorType;

// llama.cpp counts tokens in 32 bits and in steps of 256.
constexpr std::uint64_t kLargestContext = std::numeric_limits<std::uint32_t>::max() / 256 * 256;

class KvCost final : public Command {
public:
    Options declare() override {
        Options options;
        model_.declare(options);
        options.push_back(value({"-c", "--ctx", "--ctx-size"}, "N[,N…]",
                                "context in tokens, 8k and 1M understood; several make a table", "as trained",
                                [this](std::string_view text) {
                                    contexts_ = text == "0" ? std::vector<std::uint64_t>{0} : token_list(text);
                                }));
        options.push_back(value({"-np", "--parallel"}, "N",
                                "parallel sequences; -1: as llama-server chooses, four in one unified cache", "1",
                                [this](std::string_view text) {
                                    slots_chosen_ = text == "-1";
                                    slots_given_ = !slots_chosen_;
                                    if (slots_given_) params_.parallel = count(text, 1, 256);
                                }));
        types_.declare(options);
        options.push_back(value({"-b", "--batch-size"}, "N", "logical batch", "2048",
                                [this](std::string_view text) { params_.batch = count(text, 1, kLargestContext); }));
        options.push_back(value({"-ub", "--ubatch", "--ubatch-size"}, "N",
                                "physical batch; sliding windows keep that many cells more", "512",
                                [this](std::string_view text) { params_.ubatch = count(text, 0, kLargestContext); }));
        options.push_back(flash_option(params_.flash_attention, "flash attention; auto allocates like on"));
        options.push_back(
            flag({"--swa-full"}, "sliding layers keep the whole context", [this] { params_.swa_full = true; }));
        options.push_back(flag({"-kvu", "--kv-unified"}, "one cache for all sequences", [this] { set_unified(true); }));
        options.push_back(
            flag({"-no-kvu", "--no-kv-unified"}, "a cache for each sequence", [this] { set_unified(false); }));
        options.push_back(value({"--state-snapshots"}, "N", "recurrent states kept beside the current one (n_rs_seq)",
                                "0",
                                [this](std::string_view text) { params_.state_snapshots = count(text, 0, 1u << 20); }));
        options.push_back(
            flag({"--mtp"}, "a context of the next-token-prediction layers", [this] { params_.mtp = true; }));
        options.push_back(flag({"--as-server"},
                               "llama-server's defaults, and what it keeps in main memory beside the caches",
                               [this] { server_.asked = true; }));
        options.push_back(value({"-ctxcp", "--ctx-checkpoints", "--swa-checkpoints"}, "N",
                                "with --as-server: context checkpoints of each slot; 0: none", "32",
                                [this](std::string_view text) { server_.params.checkpoints = of_server(text); }));
        options.push_back(value({"-cram", "--cache-ram"}, "MIB",
                                "with --as-server: what the prompt cache may take; 0: none, -1: no limit", "8192",
                                [this](std::string_view text) {
                                    auto& limit = server_.params.prompt_cache_bytes;
                                    limit.reset();
                                    if (text == "-1") server_options_ = true;
                                    else limit = of_server(text) << 20;
                                }));
        options.push_back(value({"--budget"}, "SIZE",
                                "the largest context that fits in SIZE (24GiB, 24GB), per cache type", "",
                                [this](std::string_view text) { budget_ = bytes_with_unit(text); }));
        options.push_back(
            flag({"--with-weights"}, "take the weights off the budget", [this] { with_weights_ = true; }));
        return options;
    }

    Outcome run(const Environment& environment) override {
        if (with_weights_ && !budget_) throw Error(ErrorCode::usage, "--with-weights goes with --budget");
        if (budget_ && !contexts_.empty())
            throw Error(ErrorCode::usage, "--budget asks for the context; leave --ctx out");
        if (server_options_ && !server_.asked)
            throw Error(ErrorCode::usage, "--ctx-checkpoints and --cache-ram go with --as-server");
        // As llama-server: when it chooses the slots, it also unifies their cache, whatever else was said.
        if (slots_chosen_ || (server_.asked && !slots_given_)) params_ = analysis::as_server(params_);
        const ModelSource source = model_.load(environment);
        return {budget_ ? budget(source) : costs(source)};
    }

private:
    void set_unified(bool unified) {
        params_.unified = unified;
        unified_given_ = true;
    }

    std::uint64_t of_server(std::string_view text) {
        server_options_ = true;
        return count(text, 0, 1u << 31);
    }

    // What the server's defaults take where only the library's were asked for, and they differ.
    std::optional<std::uint64_t> bytes_if_asked(const ModelSource& source, const analysis::KvCost& cost) const {
        if (server_.asked || slots_given_ || slots_chosen_ || unified_given_) return std::nullopt;
        try {
            const std::uint64_t bytes = analysis::kv_cost(source.spec, analysis::as_server(cost.params)).total_bytes;
            return bytes == cost.total_bytes ? std::nullopt : std::optional(bytes);
        } catch (const Error& error) {
            if (error.code() == ErrorCode::refused || error.code() == ErrorCode::overflow) return std::nullopt;
            throw;
        }
    }

    view::Document costs(const ModelSource& source) const {
        std::vector<analysis::KvCost> costs;
        for (const study::CachePair& pair : types_.pairs())
            for (const std::uint64_t context : contexts_.empty() ? std::vector<std::uint64_t>{0} : contexts_) {
                ContextParams params = params_;
                params.context = context;
                params.type_k = pair.keys;
                params.type_v = pair.values;
                costs.push_back(analysis::kv_cost(source.spec, params));
            }
        report::ServerAnswer server = server_;
        if (server.asked)
            for (const analysis::KvCost& cost : costs)
                server.host.push_back(analysis::host_memory(source.spec, cost.params, server.params));
        if (costs.size() == 1) server.bytes_if_asked = bytes_if_asked(source, costs.front());
        return report::kv_cost(source.model, source.spec, costs, server);
    }

    view::Document budget(const ModelSource& source) const {
        if (with_weights_ && source.weight_bytes == 0)
            throw Error(
                ErrorCode::refused,
                "--with-weights: this model comes without tensors or with some of unknown size, so the size of its weights is unknown");
        report::BudgetAnswer answer{*budget_, with_weights_ ? source.weight_bytes : 0, server_.asked, {}};
        std::vector<study::CachePair> pairs = types_.pairs();
        if (!types_.given())
            pairs = {{TensorType::f16, TensorType::f16},
                     {TensorType::q8_0, TensorType::q8_0},
                     {TensorType::q4_0, TensorType::q4_0}};
        const std::uint64_t left = answer.budget_bytes - std::min(answer.budget_bytes, answer.weight_bytes);
        for (const study::CachePair& pair : pairs) {
            report::BudgetRow row{params_, std::nullopt};
            row.params.type_k = pair.keys;
            row.params.type_v = pair.values;
            if (const auto context = analysis::largest_context(source.spec, row.params, left, kLargestContext)) {
                row.params.context = *context;
                row.cost = analysis::kv_cost(source.spec, row.params);
            }
            answer.rows.push_back(std::move(row));
        }
        return report::kv_budget(source.model, source.spec, answer);
    }

    ModelOptions model_;
    ContextParams params_;
    std::vector<std::uint64_t> contexts_;
    CacheTypeOptions types_;
    std::optional<std::uint64_t> budget_;
    bool with_weights_ = false;
    bool slots_given_ = false, slots_chosen_ = false;  // -np N, -np -1
    bool unified_given_ = false, server_options_ = false;
    report::ServerAnswer server_;
};

}  // namespace

CommandRow kv_cost_command() {
    return {
        "kv-cost",
        "Cost",
        "what a context will take in memory, to the byte",
        "Computes exactly what llama.cpp allocates for the KV cache and recurrent state of a context: sliding windows, latent attention, "
        "hybrids, shared layers, indexers, cache types, parallel sequences. Beside it stands the figure of the usual formula. "
        "A configuration that llama.cpp refuses exits with status 2 and the reason.\n\n"
        "MODEL may be left out: give the geometry (--layers, --kv-heads, --head-dim …), pipe in `attnx inspect --json`, set ATTNX_MODEL, "
        "or stand in a folder with one *.gguf.",
        {{"kv-cost model.gguf --ctx 2048", "one context"},
         {"kv-cost model.gguf -c 32k --as-server", "as llama-server starts"},
         {"kv-cost model.gguf -c 8k,32k,128k -ctk q8_0 -ctv q8_0", "a table"},
         {"kv-cost model.gguf --budget 24GiB --with-weights", "the largest context that fits"},
         {"kv-cost --layers 32 --kv-heads 8 --head-dim 128 --ctx 8k", "without a file"},
         {"inspect --json model.gguf | attnx kv-cost --ctx 8k,32k --json | jq .result", "from JSON"}},
        [] { return std::unique_ptr<Command>(new KvCost); }};
}

}  // namespace attnx::cli
