// attnx compute-cost: how much work attention is.
#include "../arguments/option_rows.h"
#include "../inputs/model_source.h"
#include "attnx/analysis/compute_cost.h"
#include "attnx/report/report.h"
#include "command_rows.h"

namespace attnx::cli {
namespace {

class ComputeCost final : public Command {
public:
    Options declare() override {
        Options options;
        model_.declare(options);
        options.push_back(value({"-c", "--ctx", "--ctx-size"}, "N",
                                "tokens of the prompt, or the position to decode at", "as trained",
                                [this](std::string_view text) { params_.context = tokens(text); }));
        options.push_back(value({"-b", "--batch"}, "B", "sequences", "1",
                                [this](std::string_view text) { params_.batch = count(text, 1, 1u << 30); }));
        options.push_back(flag({"--decode"}, "one token per sequence at position N, instead of a prompt of N tokens",
                               [this] { params_.decode = true; }));
        return options;
    }

    Outcome run(const Environment& environment) override {
        const ModelSource source = model_.load(environment);
        analysis::ComputeParams params = params_;
        if (params.context == 0) params.context = source.spec.context_length;
        return {report::compute_cost(source.model, source.spec,
                                     analysis::compute_cost(source.spec, source.compute, params))};
    }

private:
    ModelOptions model_;
    analysis::ComputeParams params_;
};

}  // namespace

CommandRow compute_cost_command() {
    return {
        "compute-cost",
        "Cost",
        "how much arithmetic and memory traffic attention needs",
        "Counts floating-point operations by stage and layer for the prefill of a prompt or for one decode step: projections, scores, "
        "softmax, weighted sum, other mixers, feed-forward (only the experts used), output head. Also: the attention matrix if it were "
        "materialised, bytes read per decoded token, and the context at which scores outweigh projections. MODEL may be left out as in kv-cost.",
        {{"compute-cost model.gguf --ctx 4k", "prefill of 4,096 tokens"},
         {"compute-cost model.gguf --ctx 32k --decode", "one decode step at that position"},
         {"compute-cost --json model.gguf --ctx 2048 | jq .result.stages", "for scripts"}},
        [] { return std::unique_ptr<Command>(new ComputeCost); }};
}

}  // namespace attnx::cli
