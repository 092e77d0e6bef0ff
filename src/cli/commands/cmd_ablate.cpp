// attnx ablate: which heads matter.
#include <fmt/format.h>

#include "../arguments/option_rows.h"
#include "../arguments/selection.h"
#include "../inputs/open_model.h"
#include "../inputs/run_options.h"
#include "../inputs/target.h"
#include "../inputs/token_source.h"
#include "../process/progress.h"
#include "attnx/analysis/loads.h"
#include "attnx/report/ablate.h"
#include "attnx/report/report.h"
#include "attnx/study/ablate.h"
#include "command_rows.h"
#include "layer_choice.h"

namespace attnx::cli {
namespace {

class AblateCommand final : public Command {
public:
    Options declare() override {
        Options options = {model_argument(path_)};
        prompt_.declare(options);
        options.push_back(layers_option(layers_, "layers whose heads are taken out"));
        options.push_back(heads_option(heads_, "heads to take out"));
        Option with = value({"--with"}, "WHAT", "what stands in for the head: zero, or its mean over the prompt",
                            "zero", [this](std::string_view t) { question_.by_mean = t == "mean"; });
        with.choices = {"zero", "mean"};
        options.push_back(std::move(with));
        options.push_back(target_option(target_, "a token, as text or id, whose logit is looked at", ""));
        options.push_back(position_option(question_.position));
        declare_run(options, question_.run);
        return options;
    }

    Outcome run(const Environment& environment) override {
        const gguf::File file = open_model(environment, path_);
        const model::ModelSpec spec = analysis::spec_with_refusals(file);
        const study::Prompt prompt = prompt_.read(environment, file, spec);
        if (!layers_.all() || !heads_.all()) question_.heads = chosen_heads(layers_, heads_, spec, path_);
        report::AblateView view{
            .by_mean = question_.by_mean,
            .position = question_.position.value_or(static_cast<std::uint32_t>(prompt.ids.size() - 1)),
            .piece = [&prompt](std::uint32_t id) { return prompt.piece(id); }};
        if (target_) {
            question_.target = token_named(*target_, prompt);
            view.target = study::Token{*question_.target, prompt.piece(*question_.target), false};
        }
        const study::Ablations ablations =
            study::ablate(file, spec, prompt, question_, progress_of_steps(environment, "ablating"));
        return {report::ablate(report::model_ref(file, spec), ablations, view)};
    }

private:
    std::string path_;
    TokenOptions prompt_;
    IndexSelection layers_;
    HeadSelection heads_;
    std::optional<std::string> target_;
    study::AblateQuestion question_;
};

}  // namespace

CommandRow ablate_command() {
    return {
        .name = "ablate",
        .group = "Attention",
        .summary = "Which heads matter: what the model would say without each of them",
        .description =
            "Takes the output of one head after the other out (or replaces it by its mean over the prompt) and runs the rest of the model "
            "again, from that layer on. Shows how far the answers move: the divergence of what would come next, the loss on the prompt's own "
            "tokens, the logit of a token of yours.",
        .examples =
            {{"ablate model.gguf -p 'When Mary and John went to the store, John gave a drink to' --target ' Mary'",
              "which heads write the name"},
             {"ablate model.gguf -f text.txt --layers 5-8 --with mean", "some layers, by the mean"},
             {"ablate --json model.gguf -p 'Hello there' | jq '.result.heads | max_by(.kl_mean)'", "for scripts"}},
        .make = [] { return std::unique_ptr<Command>(std::make_unique<AblateCommand>()); },
        .long_work = true};
}

}  // namespace attnx::cli
