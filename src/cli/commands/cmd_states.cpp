// attnx states: how large things are along the way.
#include "../arguments/option_rows.h"
#include "../arguments/selection.h"
#include "../inputs/inputs.h"
#include "../inputs/open_model.h"
#include "../inputs/run_options.h"
#include "../inputs/token_source.h"
#include "../process/progress.h"
#include "attnx/analysis/loads.h"
#include "attnx/base/error.h"
#include "attnx/report/report.h"
#include "attnx/report/states.h"
#include "command_rows.h"
#include "layer_choice.h"
#include "picture_files.h"

namespace attnx::cli {
namespace {

struct DrawnName {
    std::string_view name;
    report::DrawnSize size;
};
constexpr DrawnName kDrawnNames[] = {{"norm", report::DrawnSize::norm},
                                     {"max", report::DrawnSize::max},
                                     {"q", report::DrawnSize::q_norm},
                                     {"k", report::DrawnSize::k_norm},
                                     {"v", report::DrawnSize::v_norm}};

// How many blocks are done.
class BlockProgress final : public trace::Sink {
public:
    BlockProgress(const Environment& environment, std::uint64_t bytes_of_block, std::uint64_t blocks)
        : progress_(environment, "running", bytes_of_block * blocks), bytes_of_block_(bytes_of_block) {}
    bool wants_block_output(std::uint32_t) override { return true; }
    void block_output(std::uint32_t, std::span<const float>, std::uint32_t) override {
        progress_.advance(bytes_of_block_);
    }

private:
    Progress progress_;
    std::uint64_t bytes_of_block_;
};

class StatesCommand final : public Command {
public:
    Options declare() override {
        Options options = {model_argument(path_)};
        prompt_.declare(options);
        options.push_back(layers_option(layers_, "layers to measure"));
        Option kv_norm = value({"--kv-norm"}, "HOW",
                               "of keys and values: the mean of lengths over heads, or the length of "
                               "the mean",
                               "mean", [this](std::string_view t) { view_.norm_of_mean = t != "mean"; });
        kv_norm.choices = {"mean", "norm-of-mean"};
        options.push_back(std::move(kv_norm));
        Option map = value({"--map"}, "WHAT",
                           "what is drawn: lengths of the stream, its largest numbers, lengths of Q, K "
                           "or V",
                           "norm", [this](std::string_view t) {
                               for (const DrawnName& row : kDrawnNames)
                                   if (row.name == t) view_.drawn = row.size;
                           });
        for (const DrawnName& row : kDrawnNames) map.choices.emplace_back(row.name);
        options.push_back(std::move(map));
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
        std::shared_ptr<const study::MeasuredStates> measured;
        {
            BlockProgress progress(environment,
                                   prompt.ids.size() * std::uint64_t{spec.embedding_length} * sizeof(float),
                                   spec.layer_count);
            measured = std::make_shared<const study::MeasuredStates>(
                study::states(file, spec, prompt, question_, {&progress}));
        }
        Outcome outcome{report::states(report::model_ref(file, spec), measured, view_)};
        write_pictures(view::picture_of(outcome.document), outputs_, inputs_of(file, prompt_));
        return outcome;
    }

private:
    std::string path_;
    TokenOptions prompt_;
    IndexSelection layers_;
    study::StatesQuestion question_;
    report::StatesView view_;
    std::vector<std::string> outputs_;
};

}  // namespace

CommandRow states_command() {
    return {
        .name = "states",
        .group = "Attention",
        .summary = "How large things are along the way: hidden states, Q, K and V, massive activations",
        .description =
            "Runs the model on a prompt and measures what every block leaves in the residual stream, token by token: "
            "length, largest and middle magnitude; and the lengths of queries, keys and values of every head, after "
            "rotation. Numbers beyond 100 and a thousand times the median of their layer are massive activations.",
        .examples = {{"states model.gguf -p 'The cat sat on the mat'", "a table by layer, and layers by tokens, drawn"},
                     {"states model.gguf -p 'The cat sat on the mat' --map k", "lengths of keys"},
                     {"states --json model.gguf -p 'Hello' | jq '.result.hidden[] | {layer, position, norm}'",
                      "for scripts"}},
        .make = [] { return std::unique_ptr<Command>(std::make_unique<StatesCommand>()); },
        .long_work = true};
}

}  // namespace attnx::cli
