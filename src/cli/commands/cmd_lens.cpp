// attnx lens: what a model would say after each layer, and who wrote it.
#include "../arguments/option_rows.h"
#include "../arguments/selection.h"
#include "../inputs/inputs.h"
#include "../inputs/open_model.h"
#include "../inputs/run_options.h"
#include "../inputs/target.h"
#include "../inputs/token_source.h"
#include "../process/progress.h"
#include "attnx/analysis/loads.h"
#include "attnx/report/lens.h"
#include "attnx/report/report.h"
#include "attnx/study/lens.h"
#include "command_rows.h"
#include "layer_choice.h"
#include "picture_files.h"

namespace attnx::cli {
namespace {

constexpr std::uint64_t kMostGuesses = 1000;

class LensCommand final : public Command {
public:
    Options declare() override {
        Options options = {model_argument(path_)};
        prompt_.declare(options);
        options.push_back(layers_option(layers_, "layers to look behind"));
        options.push_back(
            target_option(target_, "a token, as text or id, whose logit is taken apart", "the most likely"));
        options.push_back(position_option(question_.position));
        options.push_back(value({"--top"}, "K", "tokens of each layer and position", "5", [this](std::string_view t) {
            question_.top = static_cast<std::size_t>(count(t, 1, kMostGuesses));
        }));
        options.push_back(picture_output(outputs_));
        declare_run(options, question_.run);
        return options;
    }

    Outcome run(const Environment& environment) override {
        expect_pictures(outputs_);
        const gguf::File file = open_model(environment, path_);
        const model::ModelSpec spec = analysis::spec_with_refusals(file);
        const study::Prompt prompt = prompt_.read(environment, file, spec);
        question_.layers = layers_or_all(layers_, spec);
        if (target_) question_.target = token_named(*target_, prompt);
        const study::Lens lens =
            study::lens(file, spec, prompt, question_, progress_of_steps(environment, "reading layers"));
        Outcome outcome{report::lens(report::model_ref(file, spec), lens,
                                     [&prompt](std::uint32_t id) { return prompt.piece(id); })};
        write_pictures(view::picture_of(outcome.document), outputs_, inputs_of(file, prompt_));
        return outcome;
    }

private:
    std::string path_;
    TokenOptions prompt_;
    IndexSelection layers_;
    std::optional<std::string> target_;
    study::LensQuestion question_;
    std::vector<std::string> outputs_;
};

}  // namespace

CommandRow lens_command() {
    return {
        .name = "lens",
        .group = "Attention",
        .summary = "What the model would say after each layer, and which heads and feed-forwards wrote it",
        .description =
            "Reads the stream behind every layer with the model's own final norm and output head (logit lens), and takes "
            "one logit apart into what the embedding, each head and each feed-forward network added (direct logit "
            "attribution), with the scales of norms as they were. The parts add up to the logit, before a final cap.",
        .examples = {{"lens model.gguf -p 'The cat sat on the mat. The cat sat on the'", "where the answer comes from"},
                     {"lens model.gguf -p 'The capital of France is' --target ' Paris' -o lens.svg",
                      "what speaks for a token of yours, drawn"},
                     {"lens --json model.gguf -p 'Hello there' | jq '.result.attribution.heads | max_by(.value)'",
                      "for scripts"}},
        .make = [] { return std::unique_ptr<Command>(std::make_unique<LensCommand>()); },
        .long_work = true};
}

}  // namespace attnx::cli
