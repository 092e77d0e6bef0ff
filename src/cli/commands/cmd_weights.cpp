// attnx weights: the attention weights, head by head.
#include <fmt/format.h>

#include <algorithm>

#include "../arguments/option_rows.h"
#include "../arguments/selection.h"
#include "../arguments/suggest.h"
#include "../inputs/inputs.h"
#include "../inputs/open_model.h"
#include "../process/progress.h"
#include "attnx/analysis/loads.h"
#include "attnx/base/error.h"
#include "attnx/report/report.h"
#include "attnx/report/weights.h"
#include "command_rows.h"
#include "picture_files.h"

namespace attnx::cli {
namespace {

using analysis::WeightMetric;

std::vector<std::string_view> metric_ids() {
    std::vector<std::string_view> ids;
    for (const WeightMetric& metric : analysis::weight_metrics()) ids.push_back(metric.id);
    return ids;
}

const WeightMetric* metric(std::string_view id) {
    if (const WeightMetric* found = analysis::find_weight_metric(id)) return found;
    const auto ids = metric_ids();
    throw Error(ErrorCode::usage, fmt::format("there is no metric '{}'{}", id, did_you_mean(id, ids)));
}

class Weights final : public Command {
public:
    Options declare() override {
        return {model_argument(model_),
                {.spellings = {"--layers"},
                 .value_name = "SEL",
                 .help = "Layers to measure: 0-3,7, all or last.",
                 .default_text = "all",
                 .set = [this](std::string_view text) { layers_ = IndexSelection::parse(text, "layer"); }},
                {.spellings = {"--heads"},
                 .value_name = "SEL",
                 .help = "Heads to show: 0-3,7, last, or of one layer 5.3 or L5H3.",
                 .default_text = "all",
                 .set = [this](std::string_view text) { heads_ = HeadSelection::parse(text); }},
                {.spellings = {"--metric"},
                 .value_name = "M[,M…]",
                 .help = "Columns of the tables; JSON and CSV have all metrics.",
                 .set = [this](std::string_view text) { add_metrics(text); }},
                {.spellings = {"--sort"},
                 .value_name = "METRIC",
                 .help = "One table of all heads, largest first.",
                 .set = [this](std::string_view text) { view_.sort = metric(text); }},
                {.spellings = {"--map"},
                 .value_name = "METRIC",
                 .help = "Draw one metric, layers by heads, instead of tables.",
                 .set = [this](std::string_view text) { view_.map = metric(text); }},
                {.spellings = {"--composition"},
                 .help = "Also how much each head reads of what earlier heads write (Q, K and V composition).",
                 .set = [this](std::string_view) { options_.composition = true; }},
                {.spellings = {"--raw"},
                 .help = "Matrices as stored: fold no gains of norms into them.",
                 .set = [this](std::string_view) { options_.raw = true; }},
                {.spellings = {"--no-similarity"},
                 .help = "Do not compare heads with each other; saves most of the time for models with many heads.",
                 .set = [this](std::string_view) { options_.similarity = false; }},
                picture_output(outputs_),
                threads_option(options_.threads),
                {.spellings = {"--max-memory"},
                 .value_name = "SIZE",
                 .help = "Refuse what takes more memory than this.",
                 .default_text = "4GiB",
                 .set = [this](std::string_view text) { options_.max_memory = bytes(text); }}};
    }

    Outcome run(const Environment& environment) override {
        if (!outputs_.empty() && view_.map == nullptr)
            throw Error(ErrorCode::usage, "-o writes what is drawn, and nothing is: --map METRIC draws");
        expect_pictures(outputs_);
        const gguf::File file = open_model(environment, model_, Reads::tensors);
        const model::ModelSpec spec = analysis::spec_with_refusals(file);
        options_.layers = choose_layers(layers_, heads_, spec);
        if (options_.composition) options_.layers = layers_.resolve(spec.layer_count);  // it needs the layers before
        options_.likeness_matrices = environment.output->carries == view::Carries::everything;
        refuse_beyond(analysis::weight_needs(file, spec, options_), options_.max_memory, file.path());
        Progress progress(environment, "reading weights", analysis::weight_bytes(file, spec, options_));
        options_.progress = [&progress](std::uint64_t bytes) { progress.advance(bytes); };
        analysis::WeightReport report = analysis::measure_weights(file, spec, options_);
        report.findings = spec.findings;
        if (!heads_.all())
            view_.shown = [this, &spec](std::uint32_t layer, std::uint32_t head) {
                return heads_.contains(layer, head, spec.layers[layer].head_count);
            };
        Outcome outcome{report::weights(report::model_ref(file, spec), report, view_)};
        view::Picture picture = view::picture_of(outcome.document);
        if (view_.map != nullptr) picture.title = fmt::format("{}: {}", view_.map->label, view_.map->meaning);
        write_pictures(picture, outputs_, paths_of(file));
        return outcome;
    }

private:
    void add_metrics(std::string_view text) {
        for (;;) {
            const std::size_t comma = text.find(',');
            view_.metrics.push_back(metric(text.substr(0, comma)));
            if (comma == std::string_view::npos) return;
            text.remove_prefix(comma + 1);
        }
    }

    std::string model_;
    IndexSelection layers_;
    HeadSelection heads_;
    report::WeightsView view_;
    analysis::WeightOptions options_;
    std::vector<std::string> outputs_;
};

}  // namespace

CommandRow weights_command() {
    static const std::string description =
        "Reads Q, K, V and O of every layer, whatever their type and form, and measures them and the "
        "circuits they make, W_QK = W_Q^T W_K and "
        "W_OV = W_O W_V: norms, ranks, copying score, similarity between heads, and with --composition how "
        "heads of later layers read what earlier "
        "ones write. Metrics: " +
        fmt::format("{}", fmt::join(metric_ids(), ", ")) + ".";
    return {.name = "weights",
            .group = "Attention",
            .summary = "The attention weights of every head: norms, ranks, circuits, likeness",
            .description = description,
            .examples = {{"weights model.gguf", "a table per layer, and the heads that stand out"},
                         {"weights model.gguf --map ov_stable_rank", "layers by heads, drawn"},
                         {"weights model.gguf --sort copying --layers 0-3", "the heads that copy most, first"},
                         {"weights model.gguf --composition --json", "everything, for scripts"}},
            .make = [] { return std::unique_ptr<Command>(std::make_unique<Weights>()); }};
}

}  // namespace attnx::cli
