// attnx heads: what each head does.
#include <fmt/format.h>

#include <algorithm>

#include "../arguments/option_rows.h"
#include "../arguments/selection.h"
#include "../arguments/suggest.h"
#include "../inputs/inputs.h"
#include "../inputs/open_model.h"
#include "../inputs/run_options.h"
#include "../inputs/token_source.h"
#include "attend_watch.h"
#include "attnx/analysis/loads.h"
#include "attnx/base/error.h"
#include "attnx/report/report.h"
#include "attnx/report/roles.h"
#include "command_rows.h"
#include "layer_choice.h"
#include "picture_files.h"

namespace attnx::cli {
namespace {

using analysis::AttentionMetric;

template <class Rows>
std::vector<std::string_view> ids_of(const Rows& rows) {
    std::vector<std::string_view> ids;
    for (const auto& row : rows) ids.push_back(row.id);
    return ids;
}

const AttentionMetric* attention_metric_named(std::string_view id) {
    for (const AttentionMetric& metric : analysis::attention_metrics())
        if (metric.id == id) return &metric;
    throw Error(ErrorCode::usage,
                fmt::format("there is no metric '{}'{}", id, did_you_mean(id, ids_of(analysis::attention_metrics()))));
}

class HeadsCommand final : public Command {
public:
    Options declare() override {
        Options options = {model_argument(path_)};
        prompt_.declare(options);
        options.push_back(layers_option(layers_, "layers to look at"));
        options.push_back(heads_option(heads_, "heads to look at"));
        options.push_back(value(
            {"--length"}, "N", "random tokens of a probe, which come twice", "50",
            [this](std::string_view t) { question_.length = static_cast<std::uint32_t>(count(t, 1, 1U << 20)); }));
        options.push_back(
            value({"--seeds"}, "N", "probes; scores are means over them", "3",
                  [this](std::string_view t) { question_.seeds = static_cast<std::uint32_t>(count(t, 1, 1000)); }));
        options.push_back(
            value({"--seed"}, "N", "seed of the first probe; the next ones count on", "1",
                  [this](std::string_view t) { question_.first_seed = count(t, 0, std::uint64_t{1} << 48); }));
        Option threshold = value({"--threshold"}, "CLASS=X", "score from which on a head is of a class", "",
                                 [this](std::string_view t) { set_threshold(t); });
        threshold.repeatable = true;
        options.push_back(std::move(threshold));
        options.push_back(value({"--sink-above"}, "X", "weight on the first token beyond which a head counts as a sink",
                                "0.3", [this](std::string_view t) { question_.sink_above = real(t); }));
        options.push_back(value({"--sort"}, "METRIC", "list the heads by a metric, largest first", "",
                                [this](std::string_view t) { view_.sort = attention_metric_named(t); }));
        options.push_back(value({"--map"}, "METRIC", "draw a metric, layers by heads, instead of tables", "",
                                [this](std::string_view t) { view_.map = attention_metric_named(t); }));
        options.push_back(flag({"--similarity"}, "how differently the heads of each layer attend to the text",
                               [this] { question_.similarity = true; }));
        options.push_back(picture_output(outputs_));
        declare_run(options, question_.run);
        return options;
    }

    Outcome run(const Environment& environment) override {
        expect_pictures(outputs_);
        const gguf::File file = open_model(environment, path_);
        const model::ModelSpec spec = analysis::spec_with_refusals(file);
        std::optional<study::Prompt> text;
        if (prompt_.given()) text = prompt_.read(environment, file, spec);
        if (question_.similarity && !text)
            throw Error(ErrorCode::usage, "--similarity compares heads on a text: give one with -p or -f");
        if (!layers_.all() || !heads_.all()) question_.heads = chosen_heads(layers_, heads_, spec, path_);
        AttendWatch watch(environment);
        const study::Roles roles = study::roles(file, spec, text, question_, &watch);
        watch.finish();
        Outcome outcome{report::heads(report::model_ref(file, spec), spec, roles, view_)};
        view::Picture picture = view::picture_of(outcome.document);
        if (view_.map == nullptr) picture.drawings = {report::class_map(spec, roles)};
        write_pictures(picture, outputs_, inputs_of(file, prompt_));
        return outcome;
    }

private:
    void set_threshold(std::string_view text) {
        const std::size_t equals = text.find('=');
        const std::string_view name = text.substr(0, equals);
        if (analysis::find_head_class(name) == nullptr)
            throw Error(ErrorCode::usage, fmt::format("there is no class '{}'{}", name,
                                                      did_you_mean(name, ids_of(analysis::head_classes()))));
        if (equals == std::string_view::npos)
            throw Error(ErrorCode::usage, fmt::format("'{}': give the threshold, as {}=0.5", text, name));
        question_.thresholds[std::string(name)] = real(text.substr(equals + 1));
    }

    std::string path_;
    TokenOptions prompt_;
    IndexSelection layers_;
    HeadSelection heads_;
    study::RolesQuestion question_;
    report::RolesView view_;
    std::vector<std::string> outputs_;
};

}  // namespace

CommandRow heads_command() {
    static const std::string description = fmt::format(
        "Runs the model on random tokens that are repeated, and on a text when there is one, and tells by the attention "
        "of each head what it does: {}. Every score stands beside what uniform attention has; with fewer than {} tokens "
        "nothing is guessed. No map is kept. Metrics: {}.",
        fmt::join(ids_of(analysis::head_classes()), ", "), analysis::kTokensToTell,
        fmt::join(ids_of(analysis::attention_metrics()), ", "));
    return {
        .name = "heads",
        .group = "Attention",
        .summary = "What each head does: sink, previous token, induction …",
        .description = description,
        .examples = {{"heads model.gguf", "what heads do, told by random tokens"},
                     {"heads model.gguf -f text.txt", "and by a text: sinks, delimiters"},
                     {"heads model.gguf --map induction", "layers by heads, drawn"},
                     {"heads model.gguf --sort induction --threshold induction=0.3", "all heads, the strongest first"},
                     {"heads model.gguf --json | jq '.result.heads[] | select(.classes | index(\"induction\"))'",
                      "for scripts"}},
        .make = [] { return std::unique_ptr<Command>(std::make_unique<HeadsCommand>()); },
        .long_work = true};
}

}  // namespace attnx::cli
