// attnx attend: the attention a model really pays to a prompt.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "../arguments/option_rows.h"
#include "../arguments/selection.h"
#include "../inputs/inputs.h"
#include "../inputs/open_model.h"
#include "../inputs/run_options.h"
#include "../inputs/token_source.h"
#include "attend_export.h"
#include "attend_watch.h"
#include "attnx/analysis/loads.h"
#include "attnx/base/error.h"
#include "attnx/model/visible.h"
#include "attnx/report/attend.h"
#include "attnx/report/report.h"
#include "attnx/study/attend.h"
#include "command_rows.h"
#include "layer_choice.h"
#include "picture_files.h"
#include "scale_option.h"

namespace attnx::cli {
namespace {

bool takes_maps_or_drawings(const view::OutputRow& output) { return takes_streams(output) || takes_pictures(output); }

class Attend final : public Command {
public:
    Options declare() override {
        Options options = {model_argument(path_)};
        prompt_.declare(options);
        options.push_back(layers_option(layers_, "layers to look at"));
        options.push_back(heads_option(heads_, "heads to look at"));
        options.push_back(value({"--layer"}, "N", "layer of the heat map; -1 for none", "the last one looked at",
                                [this](std::string_view t) {
                                    if (t == "-1") draw_ = false;
                                    else map_layer_ = static_cast<std::uint32_t>(count(t, 0, 0xFFFF));
                                }));
        options.push_back(value({"--head"}, "N", "head of the heat map", "mean", [this](std::string_view t) {
            map_head_ = static_cast<std::uint32_t>(count(t, 0, 0xFFFF));
        }));
        options.push_back(flag({"--mean"}, "the heat map shows the mean of the heads", [this] { map_head_.reset(); }));
        options.push_back(scale_option("linear", [this](view::Scale scale) { scale_ = scale; }));
        options.push_back(flag({"--grid"}, "all heads of the layer side by side instead", [this] { grid_ = true; }));
        options.push_back(flag({"--curves"}, "weight on the first token, the one before and itself, by layer, drawn",
                               [this] { curves_ = true; }));
        options.push_back(
            value({"--top"}, "K", "the K keys that each query of the heat map attends to most", "",
                  [this](std::string_view t) { top_ = static_cast<std::uint32_t>(count(t, 1, 1u << 20)); }));
        options.push_back(flag({"--rollout"},
                               "the heat map multiplies the layers up to its own: where what is there came from",
                               [this] { rollout_ = true; }));
        options.push_back(flag({"--value-weighted"},
                               "weights times the length of what is moved, of W_O times the value",
                               [this] { changes_.value_weighted = true; }));
        options.push_back(flag({"--drop-first"}, "the first token's column left out of heat map and --top",
                               [this] { changes_.drop_first = true; }));
        options.push_back(flag({"--renormalise", "--renormalize"},
                               "what is left of a row of heat map and --top scaled to sum to 1",
                               [this] { changes_.renormalise = true; }));
        options.push_back(flag({"--per-head"}, "the table of metrics head by head", [this] { per_head_ = true; }));
        options.push_back(value({"-n", "--generate"}, "N", "tokens to generate greedily first; they are marked", "0",
                                [this](std::string_view t) { generate_ = count(t, 0, 1u << 20); }));
        options.push_back(
            value({"--logits"}, "N", "the first N logits of the last token, in JSON", "0",
                  [this](std::string_view t) { logits_ = static_cast<std::uint32_t>(count(t, 0, 1u << 24)); }));
        options.push_back(flag({"--no-maps"}, "leave the maps out of JSON", [this] { maps_ = false; }));
        options.push_back(flag({"--norms"}, "lengths of the block outputs, in JSON", [this] { norms_ = true; }));
        declare_run(options, run_);
        Option output =
            value({"-o", "--output"}, "FILE",
                  fmt::format("write the maps, [layers, heads, tokens, tokens], to a {} (FILE{} describes it), or what "
                              "is drawn to a {}",
                              endings(takes_streams), describing_output().ending, endings(takes_pictures)),
                  "", [this](std::string_view t) {
                      const bool drawn = takes_pictures(output_for(t, takes_maps_or_drawings));
                      (drawn ? pictures_ : outputs_).emplace_back(t);
                  });
        output.repeatable = true;
        output.hint = ValueHint::file;
        options.push_back(std::move(output));
        return options;
    }

    Outcome run(const Environment& environment) override {
        expect_pictures(pictures_);
        const gguf::File file = open_model(environment, path_);
        const model::ModelSpec spec = analysis::spec_with_refusals(file);
        const study::Prompt prompt = prompt_.read(environment, file, spec);
        choose_layers(spec);
        io::OutputFiles outputs = open_outputs(file);
        std::vector<std::unique_ptr<Export>> exports;
        AttendWatch watch(environment, [&](std::span<const study::Token> tokens) {
            AttendWatch::Sinks sinks;
            for (std::size_t i = 0; i < 2 * outputs_.size(); i += 2)
                sinks.push_back(exports
                                    .emplace_back(std::make_unique<Export>(outputs[i], outputs[i + 1],
                                                                           export_plan(file, spec, tokens)))
                                    .get());
            return sinks;
        });
        const auto attended = std::make_shared<const study::Attended>(
            study::attend(file, spec, prompt, question(environment, spec), &watch));
        for (const auto& each : exports) each->finish();
        watch.finish();

        report::AttendOptions shown;
        shown.layers = for_scripts(environment);
        shown.maps = wants_weights(environment);
        shown.per_head = per_head_;
        shown.curves = curves_;
        shown.logits = logits_;
        if (draw_ && attended->maps.count(drawn_layer_) != 0)
            shown.drawn = report::DrawnMap{drawn_layer_, map_head_, scale_, grid_, rollout_ && !grid_, changes_};
        shown.top = top_;
        Outcome outcome{report::attend(report::model_ref(file, spec), spec, attended, shown)};
        for (std::size_t i = 0; i < pictures_.size(); ++i)
            write_picture(view::picture_of(outcome.document), {}, outputs[2 * outputs_.size() + i]);
        outputs.publish();
        return outcome;
    }

private:
    static bool for_scripts(const Environment& environment) {
        return environment.output->carries == view::Carries::everything;
    }

    bool wants_weights(const Environment& environment) const { return maps_ && for_scripts(environment); }

    void choose_layers(const model::ModelSpec& spec) {
        chosen_ = cli::choose_layers(layers_, heads_, spec);
        std::erase_if(chosen_, [&](std::uint32_t layer) { return !attends(spec.layers[layer]); });
        if (chosen_.empty())
            throw Error(ErrorCode::not_found, "none of the layers chosen computes softmax attention",
                        {path_, std::nullopt, {}});
        if (grid_ && map_head_) throw Error(ErrorCode::usage, "--grid shows all heads, --head one of them: choose");
        if (!draw_ && !curves_ && !pictures_.empty())
            throw Error(ErrorCode::usage, "-o is to write what is drawn, and --layer -1 leaves nothing");
        if (!draw_ && (top_ > 0 || rollout_))
            throw Error(ErrorCode::usage, "--top and --rollout are of a layer: --layer -1 leaves none");
        if (rollout_ && map_head_)
            throw Error(ErrorCode::usage, "--rollout goes through the mean of all heads: no --head");
        drawn_layer_ = map_layer_.value_or(chosen_.back());
        if (map_layer_ && std::find(chosen_.begin(), chosen_.end(), *map_layer_) == chosen_.end())
            throw Error(ErrorCode::usage,
                        fmt::format("--layer {}: it is not among the attention layers looked at", *map_layer_));
        if (map_head_ && *map_head_ >= spec.layers[drawn_layer_].head_count)
            throw Error(ErrorCode::not_found, fmt::format("layer {} has {} heads, no head {}", drawn_layer_,
                                                          spec.layers[drawn_layer_].head_count, *map_head_));
    }

    std::vector<std::uint32_t> chosen_heads(const model::ModelSpec& spec, std::uint32_t layer) const {
        std::vector<std::uint32_t> heads;
        for (std::uint32_t h = 0; h < spec.layers[layer].head_count; ++h)
            if (heads_.contains(layer, h, spec.layers[layer].head_count)) heads.push_back(h);
        return heads;
    }

    study::Question question(const Environment& environment, const model::ModelSpec& spec) const {
        study::Question question;
        for (const std::uint32_t layer : chosen_) question.heads.emplace(layer, chosen_heads(spec, layer));
        question.maps = kept_layers(environment);
        question.generate = generate_;
        question.norms = norms_;
        question.moved_norms = changes_.value_weighted;
        if (rollout_)
            question.rollout = study::RolloutQuestion{
                rollout_layers(environment), changes_.drop_first && changes_.renormalise, changes_.value_weighted};
        question.logits = logits_ > 0;
        question.run = run_;
        if (question.maps.size() > 1) question.maps_advice = " (--layers chooses some, --no-maps leaves them out)";
        return question;
    }

    std::set<std::uint32_t> rollout_layers(const Environment& environment) const {
        if (for_scripts(environment)) return {chosen_.begin(), chosen_.end()};
        return {drawn_layer_};
    }

    // FILE and what describes it, of each -o with maps, one after the other; then pictures.
    io::OutputFiles open_outputs(const gguf::File& file) const {
        std::vector<std::string> paths;
        for (const std::string& path : outputs_)
            paths.insert(paths.end(), {path, path + std::string(describing_output().ending)});
        paths.insert(paths.end(), pictures_.begin(), pictures_.end());
        return {paths, inputs_of(file, prompt_)};
    }

    // Whose maps are held in memory: for scripts, and for the drawing.
    std::set<std::uint32_t> kept_layers(const Environment& environment) const {
        std::set<std::uint32_t> kept;
        if (wants_weights(environment)) kept.insert(chosen_.begin(), chosen_.end());
        if (draw_) kept.insert(drawn_layer_);
        return kept;
    }

    ExportPlan export_plan(const gguf::File& file, const model::ModelSpec& spec,
                           std::span<const study::Token> tokens) const {
        ExportPlan plan;
        plan.model = report::model_ref(file, spec);
        plan.tokens.assign(tokens.begin(), tokens.end());
        plan.numerics = to_string(run_.numerics);
        plan.file_type = report::matrix_types(file);
        for (const std::uint32_t layer : chosen_) {
            plan.layers.push_back(layer);
            plan.heads.push_back(chosen_heads(spec, layer));
            plan.windows.push_back(spec.layers[layer].sliding ? spec.window.size : 0);
        }
        return plan;
    }

    std::string path_;
    TokenOptions prompt_;
    IndexSelection layers_;
    HeadSelection heads_;
    std::optional<std::uint32_t> map_layer_, map_head_;
    view::Scale scale_ = view::Scale::linear;
    bool draw_ = true, maps_ = true, grid_ = false, curves_ = false, per_head_ = false, norms_ = false;
    bool rollout_ = false;
    report::RowChanges changes_;
    std::uint32_t top_ = 0;
    std::uint64_t generate_ = 0;
    std::uint32_t logits_ = 0;
    study::Run run_;
    std::vector<std::string> outputs_, pictures_;
    std::vector<std::uint32_t> chosen_;
    std::uint32_t drawn_layer_ = 0;
};

}  // namespace

CommandRow attend_command() {
    return {
        .name = "attend",
        .group = "Attention",
        .summary = "The attention a model really pays to a prompt",
        .description =
            "Runs the model on the CPU, from the file alone, and shows its attention weights: a table of what each layer looks at and a heat "
            "map of one head or of the mean. Rows are queries, columns are keys. JSON carries the maps whole; -o writes them while they are "
            "computed, so that memory does not grow with the number of layers. Chat templates are not executed; --chat puts plain role "
            "markers around the prompt.",
        .examples = {{"attend model.gguf -p 'The cat sat on the mat'", "a summary and the last layer's mean"},
                     {"attend model.gguf -p 'The cat sat' --layer 5 --head 3", "one head"},
                     {"attend model.gguf -f prompt.txt --layer 5 --grid", "all heads of a layer at a glance"},
                     {"attend model.gguf -f prompt.txt --layer 5 --top 3 --drop-first",
                      "what each token attends to beside the first"},
                     {"attend model.gguf -f prompt.txt -o maps.npy", "all maps for NumPy"},
                     {"attend --json model.gguf -p 'Hello' --layers 0-3 | jq .result.layers[0].weights",
                      "for scripts"}},
        .make = [] { return std::unique_ptr<Command>(std::make_unique<Attend>()); },
        .long_work = true};
}

}  // namespace attnx::cli
