// attnx attend: the attention a model really pays to a prompt.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "../arguments/lists.h"
#include "../arguments/selection.h"
#include "../inputs/inputs.h"
#include "../inputs/token_source.h"
#include "../process/progress.h"
#include "attend_export.h"
#include "attend_listeners.h"
#include "attnx/analysis/attention_metrics.h"
#include "attnx/analysis/loads.h"
#include "attnx/base/error.h"
#include "attnx/forward/session.h"
#include "attnx/model/visible.h"
#include "attnx/report/attend.h"
#include "attnx/report/report.h"
#include "command_rows.h"

namespace attnx::cli {
namespace {

class Attend final : public Command {
public:
    Options declare() override {
        Options options = {model_argument(path_)};
        prompt_.declare(options);
        options.push_back(value({"--layers"}, "SEL", "layers to look at: 0-3,7, all, last", "all",
                                [this](std::string_view t) { layers_ = IndexSelection::parse(t, "layer"); }));
        options.push_back(value({"--heads"}, "SEL", "heads to look at: 0-3, or one of a layer as 5.3 or L5H3", "all",
                                [this](std::string_view t) { heads_ = HeadSelection::parse(t); }));
        options.push_back(value({"--layer"}, "N", "layer of the heat map; -1 for none", "the last one looked at",
                                [this](std::string_view t) {
                                    if (t == "-1") draw_ = false;
                                    else map_layer_ = static_cast<std::uint32_t>(count(t, 0, 0xFFFF));
                                }));
        options.push_back(value({"--head"}, "N", "head of the heat map", "mean", [this](std::string_view t) {
            map_head_ = static_cast<std::uint32_t>(count(t, 0, 0xFFFF));
        }));
        options.push_back(flag({"--mean"}, "the heat map shows the mean of the heads", [this] { map_head_.reset(); }));
        Option scale = value(
            {"--scale"}, "SCALE", "colours by weight, its root, its logarithm, or the row's maximum", "linear",
            [this](std::string_view t) {
                using enum view::Scale;
                scale_ = t == "sqrt" ? square_root : t == "log" ? logarithmic : t == "row-max" ? row_maximum : linear;
            });
        scale.choices = {"linear", "sqrt", "log", "row-max"};
        options.push_back(std::move(scale));
        options.push_back(flag({"--per-head"}, "the table of metrics head by head", [this] { per_head_ = true; }));
        options.push_back(value({"-n", "--generate"}, "N", "tokens to generate greedily first; they are marked", "0",
                                [this](std::string_view t) { generate_ = count(t, 0, 1u << 20); }));
        options.push_back(
            value({"--logits"}, "N", "the first N logits of the last token, in JSON", "0",
                  [this](std::string_view t) { logits_ = static_cast<std::uint32_t>(count(t, 0, 1u << 24)); }));
        options.push_back(flag({"--norms"}, "lengths of the block outputs, in JSON", [this] { norms_ = true; }));
        options.push_back(value({"-t", "--threads"}, "N", "threads to compute with", "as many as processors",
                                [this](std::string_view t) { threads_ = static_cast<unsigned>(count(t, 1, 1024)); }));
        options.push_back(value({"--max-memory"}, "SIZE",
                                "refuse what takes more memory than this, beside the file's own pages", "4GiB",
                                [this](std::string_view t) { max_memory_ = bytes(t); }));
        Option output =
            value({"-o", "--output"}, "FILE",
                  "write the maps: .npy (float32 [layers, heads, tokens, tokens]) or .csv; FILE.json describes them",
                  "", [this](std::string_view t) {
                      Export::check_name(t);
                      outputs_.emplace_back(t);
                  });
        output.repeatable = true;
        output.hint = ValueHint::file;
        options.push_back(std::move(output));
        return options;
    }

    Outcome run(const Environment& environment) override {
        const gguf::File file = gguf::File::open(path_);
        const model::ModelSpec spec = analysis::spec_with_refusals(file);
        PromptTokens prompt = prompt_.read(environment, file, spec);
        choose_layers(spec);
        io::OutputFiles outputs = open_outputs(file);

        report::Attended attended;
        attended.prompt_tokens = static_cast<std::uint32_t>(prompt.ids.size());
        forward::SessionOptions session_options;
        session_options.threads = threads_;
        session_options.context = static_cast<std::uint32_t>(prompt.ids.size() + generate_);
        session_options.max_memory = max_memory_;
        forward::Session session(file, spec, session_options);
        refuse_too_much(session, kept_layers(environment), prompt.ids.size() + generate_);
        attended.findings = spec.findings;
        append(attended.findings, session.graph().findings);
        if (generate_ > 0) {
            generate(environment, spec, session, prompt);
            session.reset();
        }
        for (std::size_t i = 0; i < prompt.ids.size(); ++i)
            attended.tokens.push_back({prompt.ids[i], prompt.piece(prompt.ids[i]), i >= attended.prompt_tokens});
        look(environment, file, spec, session, prompt, outputs, attended);
        outputs.publish();

        report::AttendOptions shown;
        shown.weights = wants_weights(environment);
        shown.per_head = per_head_;
        shown.logits = logits_;
        if (draw_ && attended.maps.count(drawn_layer_) != 0)
            shown.drawn = report::DrawnMap{drawn_layer_, map_head_, scale_};
        return {report::attend(report::model_ref(file, spec), spec,
                               std::make_shared<const report::Attended>(std::move(attended)), shown)};
    }

private:
    bool wants_weights(const Environment& environment) const { return environment.format == "json"; }

    void choose_layers(const model::ModelSpec& spec) {
        chosen_ = cli::choose_layers(layers_, heads_, spec);
        std::erase_if(chosen_, [&](std::uint32_t layer) { return !attends(spec.layers[layer]); });
        if (chosen_.empty())
            throw Error(ErrorCode::not_found, "none of the layers chosen computes softmax attention",
                        {path_, std::nullopt, {}});
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

    void generate(const Environment& environment, const model::ModelSpec& spec, forward::Session& session,
                  PromptTokens& prompt) const {
        if (!spec.causal) throw Error(ErrorCode::refused, "this model is not causal: it does not generate");
        Progress progress(environment, "generating", generate_ * sizeof(float));
        trace::Sink nobody;
        std::vector<std::uint32_t> next = prompt.ids;
        for (std::uint64_t i = 0; i < generate_; ++i) {
            const std::vector<float> logits = session.feed(next, nobody, {.last_layer = std::nullopt, .logits = true});
            if (logits.empty())
                throw Error(ErrorCode::unsupported, "this model has no output head: it does not generate");
            next = {static_cast<std::uint32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin())};
            prompt.ids.push_back(next.front());
            progress.advance(sizeof(float));
            if (prompt.ends_generation(next.front())) break;
        }
    }

    void look(const Environment& environment, const gguf::File& file, const model::ModelSpec& spec,
              forward::Session& session, const PromptTokens& prompt, io::OutputFiles& outputs,
              report::Attended& attended) const {
        const std::uint64_t tokens = prompt.ids.size();
        std::uint64_t map_bytes = 0;
        for (const std::uint32_t layer : chosen_)
            map_bytes += spec.layers[layer].head_count * tokens * tokens * sizeof(float);
        Progress progress(environment, "attending", map_bytes);
        Listeners listeners(progress);

        const std::set<std::uint32_t> layers(chosen_.begin(), chosen_.end());
        analysis::MetricsSink metrics(spec, {static_cast<std::uint32_t>(tokens), prompt.ids}, layers);
        listeners.add(metrics);
        const std::set<std::uint32_t> kept = kept_layers(environment);
        trace::AttentionRecorder recorder(kept);
        if (!kept.empty()) listeners.add(recorder);
        NormSink norms(norms_ ? layers : std::set<std::uint32_t>{});
        listeners.add(norms);
        std::vector<std::unique_ptr<Export>> exports;
        for (std::size_t i = 0; i < outputs.size(); i += 2) {
            exports.push_back(Export::open(outputs[i], outputs[i + 1], export_plan(file, spec, attended)));
            listeners.add(*exports.back());
        }
        forward::FeedOptions feed;
        if (logits_ == 0) feed.last_layer = chosen_.back();
        feed.logits = logits_ > 0;
        attended.logits = session.feed(prompt.ids, listeners, feed);
        for (const auto& each : exports) each->finish();

        attended.metrics = metrics.layers();
        attended.maps = recorder.take();
        for (const std::uint32_t layer : chosen_) attended.heads.emplace(layer, chosen_heads(spec, layer));
        attended.block_output_norm = norms.norms;
    }

    // FILE and FILE.json of each -o, one after the other.
    io::OutputFiles open_outputs(const gguf::File& file) const {
        std::vector<std::string> paths, inputs = paths_of(file);
        for (const std::string& path : outputs_) paths.insert(paths.end(), {path, path + ".json"});
        if (const auto prompt_file = prompt_.file()) inputs.push_back(*prompt_file);
        return {paths, inputs};
    }

    // Whose maps are held in memory: for JSON, and for the drawing.
    std::set<std::uint32_t> kept_layers(const Environment& environment) const {
        std::set<std::uint32_t> kept;
        if (wants_weights(environment)) kept.insert(chosen_.begin(), chosen_.end());
        if (draw_) kept.insert(drawn_layer_);
        return kept;
    }

    // The session answers for itself; with the maps that are held beside it, this does.
    void refuse_too_much(const forward::Session& session, const std::set<std::uint32_t>& kept,
                         std::uint64_t tokens) const {
        const std::vector<std::uint32_t> layers(kept.begin(), kept.end());
        std::vector<Need> needs = session.needs(tokens);
        needs.push_back(forward::map_needs(session.graph(), layers, tokens));
        if (layers.size() > 1) needs.back().what += " (--layers chooses some, -o FILE.npy holds none)";
        refuse_beyond(needs, max_memory_, path_);
    }

    ExportPlan export_plan(const gguf::File& file, const model::ModelSpec& spec,
                           const report::Attended& attended) const {
        ExportPlan plan;
        plan.model = report::model_ref(file, spec);
        plan.tokens = attended.tokens;
        std::set<std::string> types;
        for (const gguf::TensorInfo& info : file.tensors())
            if (info.type && info.dimension_count > 1) types.insert(std::string(info.type->name));
        plan.file_type = fmt::format("{}", fmt::join(types, ", "));
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
    bool draw_ = true, per_head_ = false, norms_ = false;
    std::uint64_t generate_ = 0;
    std::uint32_t logits_ = 0;
    unsigned threads_ = 0;
    std::uint64_t max_memory_ = kMaxMemory;
    std::vector<std::string> outputs_;
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
                     {"attend model.gguf -f prompt.txt -o maps.npy", "all maps for NumPy"},
                     {"attend --json model.gguf -p 'Hello' --layers 0-3 | jq .result.layers[0].weights",
                      "for scripts"}},
        .make = [] { return std::unique_ptr<Command>(std::make_unique<Attend>()); },
        .long_work = true};
}

}  // namespace attnx::cli
