// attnx kv-loss: what a smaller cache costs in quality.
#include "../arguments/cache_types.h"
#include "../arguments/option_rows.h"
#include "../inputs/open_model.h"
#include "../inputs/run_options.h"
#include "../inputs/token_source.h"
#include "../process/progress.h"
#include "attnx/analysis/loads.h"
#include "attnx/report/kv_loss.h"
#include "attnx/report/report.h"
#include "attnx/study/kv_loss.h"
#include "command_rows.h"

namespace attnx::cli {
namespace {

using gguf::TensorType;

class KvLossCommand final : public Command {
public:
    Options declare() override {
        Options options = {model_argument(path_)};
        prompt_.declare(options);
        types_.declare(options);
        options.push_back(value({"-c", "--ctx", "--ctx-size"}, "N", "context in tokens whose bytes are told",
                                "as trained",
                                [this](std::string_view t) { question_.context = t == "0" ? 0 : tokens(t); }));
        options.push_back(flash_option(question_.flash_attention,
                                       "flash attention, as llama.cpp computes with it; auto is on where it can be"));
        options.push_back(value(
            {"--sinks"}, "N", "first tokens that a cache which forgets would keep", "4",
            [this](std::string_view t) { question_.sinks = static_cast<std::uint32_t>(count(t, 0, UINT32_MAX)); }));
        options.push_back(value({"--window"}, "N[,N…]", "last tokens that it would keep, the one that reads among them",
                                "a quarter and half of the text", [this](std::string_view t) {
                                    question_.windows.clear();
                                    for (const std::uint64_t window : token_list(t))
                                        question_.windows.push_back(static_cast<std::uint32_t>(window));
                                }));
        declare_run(options, question_.run);
        return options;
    }

    Outcome run(const Environment& environment) override {
        if (types_.given()) question_.types = types_.pairs();
        else
            for (const TensorType type : {TensorType::q8_0, TensorType::q5_1, TensorType::q5_0, TensorType::q4_0})
                question_.types.push_back({type, type});
        const gguf::File file = open_model(environment, path_);
        const model::ModelSpec spec = analysis::spec_with_refusals(file);
        const study::Prompt prompt = prompt_.read(environment, file, spec);
        const study::KvLoss loss =
            study::kv_loss(file, spec, prompt, question_, progress_of_steps(environment, "reading with other caches"));
        return {report::kv_loss(report::model_ref(file, spec), loss)};
    }

private:
    std::string path_;
    TokenOptions prompt_;
    CacheTypeOptions types_;
    study::KvLossQuestion question_;
};

}  // namespace

CommandRow kv_loss_command() {
    return {
        .name = "kv-loss",
        .group = "Cost",
        .summary = "what a smaller cache costs in quality, on your own text",
        .description =
            "Reads the text once for each cache type, keys and values rounded as llama.cpp stores them, and tells how far what comes next, the "
            "loss and the attention of each head move from what they are with an f16 cache; beside it the bytes, as kv-cost says, and the noise: "
            "how far two right ways to compute with f16 are apart. A type that is no further away costs nothing that can be told. Without -ctk and -ctv these are q8_0, q5_1, q5_0 and q4_0. Then what a "
            "cache would forget that keeps the first few tokens and a window.",
        .examples = {{"kv-loss model.gguf -f text.txt", "q8_0, q5_1, q5_0 and q4_0"},
                     {"kv-loss model.gguf -f text.txt -ctk q8_0 -ctv q4_0,q5_1,q8_0 -c 32k", "V smaller than K"},
                     {"kv-loss model.gguf -f text.txt --sinks 4 --window 64,256", "what would be forgotten"},
                     {"kv-loss --json model.gguf -f text.txt | jq '.result.rows[] | select(.at_noise_floor)'",
                      "for scripts"}},
        .make = [] { return std::unique_ptr<Command>(std::make_unique<KvLossCommand>()); },
        .long_work = true};
}

}  // namespace attnx::cli
