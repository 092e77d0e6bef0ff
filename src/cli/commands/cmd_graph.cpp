// attnx graph: tokens as nodes, attention as edges.
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "../arguments/option_rows.h"
#include "../inputs/inputs.h"
#include "../inputs/open_model.h"
#include "../inputs/run_options.h"
#include "../inputs/token_source.h"
#include "attend_watch.h"
#include "attnx/analysis/loads.h"
#include "attnx/analysis/matrix_text.h"
#include "attnx/base/error.h"
#include "attnx/io/text.h"
#include "attnx/model/visible.h"
#include "attnx/report/graph.h"
#include "attnx/report/report.h"
#include "attnx/study/one_layer.h"
#include "command_rows.h"
#include "layer_choice.h"
#include "network_files.h"
#include "picture_files.h"

namespace attnx::cli {
namespace {

using analysis::EdgeMode;

constexpr std::uint64_t kBytesOfEdge = 512;  // of an answer, generously

class Graph final : public Command {
public:
    Options declare() override {
        Options options = {model_argument(path_)};
        options.front().required = false;
        prompt_.declare(options);
        options.push_back(value({"--matrix"}, "FILE", "instead of a model: a square matrix, .npy or .csv", "",
                                [this](std::string_view t) { matrix_path_ = t; }));
        options.back().hint = ValueHint::file;
        options.push_back(value({"--labels"}, "A,B,…", "what the nodes of --matrix are called", "their numbers",
                                [this](std::string_view t) { labels_ = split_list(t); }));
        options.push_back(layer_option(layer_));
        options.push_back(value({"--head"}, "H", "one head, or mean", "mean", [this](std::string_view t) {
            if (t == "mean") head_.reset();
            else head_ = static_cast<std::uint32_t>(count(t, 0, 0xFFFF));
        }));
        declare_choice(options);
        options.push_back(value({"--sweep"}, "T,T,…", "thresholds to count the edges at", "0,0.1,0.15,0.2,0.25",
                                [this](std::string_view t) { sweep_ = real_list(t); }));
        Option columns = value({"--columns", "--graph-columns"}, "NAMES",
                               "what the ends of edges are called: src and dst, or source and target", "src",
                               [this](std::string_view t) { source_columns_ = t == "source"; });
        columns.choices = {"src", "source"};
        options.push_back(std::move(columns));
        declare_run(options, run_);
        options.push_back(network_output(outputs_));
        return options;
    }

    Outcome run(const Environment& environment) override {
        if (matrix_path_.empty() == path_.empty())
            throw Error(ErrorCode::usage, path_.empty() ? "give a MODEL and a text, or --matrix FILE"
                                                        : "give a MODEL or --matrix, not both");
        expect_pictures(outputs_);
        return matrix_path_.empty() ? of_model(environment) : of_matrix();
    }

private:
    void declare_choice(Options& options) {
        options.push_back(value({"--threshold"}, "T", "least weight of an edge", "0",
                                [this](std::string_view t) { choice_.threshold = real(t); }));
        Option op =
            value({"--threshold-op"}, "OP", "whether an edge may weigh exactly that (ge) or must weigh more (gt)", "ge",
                  [this](std::string_view t) { choice_.strict = t == "gt"; });
        op.choices = {"ge", "gt"};
        options.push_back(std::move(op));
        Option mode =
            value({"--mode"}, "MODE",
                  "edges of each query: all, the strongest up to a share of its weight, or the strongest few",
                  "threshold", [this](std::string_view t) {
                      choice_.mode = t == "mass" ? EdgeMode::mass : t == "top" ? EdgeMode::top : EdgeMode::threshold;
                  });
        mode.choices = {"threshold", "mass", "top"};
        options.push_back(std::move(mode));
        options.push_back(value({"--mass"}, "P", "the share of --mode mass", "0.7", [this](std::string_view t) {
            choice_.mass = real(t);
            if (choice_.mass < 0 || choice_.mass > 1)
                throw Error(ErrorCode::usage, fmt::format("'{}': a share lies between 0 and 1", t));
        }));
        options.push_back(value({"--top"}, "K", "how many of --mode top", "3", [this](std::string_view t) {
            choice_.top = static_cast<std::uint32_t>(count(t, 1, 1u << 20));
        }));
        options.push_back(flag({"--no-self"}, "no edge of a token to itself", [this] { choice_.self = false; }));
        options.push_back(flag({"--drop-first"}, "no edge to the first token", [this] { choice_.first = false; }));
        options.push_back(flag({"--include-masked"}, "edges of weight 0 to what a query cannot see, too",
                               [this] { masked_ = true; }));
    }

    // What an answer will take.
    void refuse_too_many(const report::GraphAnswer& graph) const {
        const double threshold[] = {graph.options.threshold};
        const std::uint64_t edges = edges_by_threshold(*graph.matrix, graph.options, threshold).front();
        const Need need{fmt::format("{} edges (--threshold, --mode top and --mode mass leave fewer)", edges),
                        edges * kBytesOfEdge};
        refuse_beyond(std::span(&need, 1), run_.max_memory, path_.empty() ? matrix_path_ : path_);
    }

    Outcome answer(const std::optional<view::ModelRef>& model, report::GraphAnswer graph,
                   const std::vector<std::string>& inputs) {
        graph.sweep = sweep_;
        graph.source_columns = source_columns_;
        refuse_too_many(graph);
        Outcome outcome{report::graph(model, graph)};
        write_networks(outcome.document, outputs_, inputs);
        return outcome;
    }

    Outcome of_model(const Environment& environment) {
        if (!labels_.empty()) throw Error(ErrorCode::usage, "--labels is for --matrix: a model's nodes are its tokens");
        const gguf::File file = open_model(environment, path_);
        const model::ModelSpec spec = analysis::spec_with_refusals(file);
        const study::Prompt prompt = prompt_.read(environment, file, spec);
        const std::uint32_t layer = chosen_layer(spec, layer_, path_);
        AttendWatch watch(environment);
        const study::Matrix map =
            study::attention_matrix(file, spec, prompt, {.layer = layer, .head = head_, .run = run_}, &watch);
        watch.finish();
        report::GraphAnswer graph{.matrix = &map.weights, .options = choice_, .layer = layer, .head = head_};
        for (const study::Token& token : map.tokens) graph.labels.emplace_back(view::Token{token.piece});
        graph.head_count = spec.layers[layer].head_count;
        graph.numerics = map.numerics;
        graph.findings = map.findings;
        if (!masked_) graph.options.visible = map.visible();
        return answer(report::model_ref(file, spec), std::move(graph), inputs_of(file, prompt_));
    }

    Outcome of_matrix() {
        if (layer_ || head_) throw Error(ErrorCode::usage, "--layer and --head are for a model, not for --matrix");
        const std::string bytes = io::read_text(matrix_path_);
        const bool npy = bytes.starts_with("\x93NUMPY");
        const analysis::NumberMatrix numbers = npy ? analysis::read_npy(std::as_bytes(std::span(bytes)), matrix_path_)
                                                   : analysis::read_csv(bytes, matrix_path_);
        if (numbers.rows != numbers.columns || numbers.rows == 0)
            throw Error(ErrorCode::bad_value,
                        fmt::format("a graph is of a square matrix, and this has {} rows and {} columns", numbers.rows,
                                    numbers.columns),
                        {matrix_path_, std::nullopt, {}});
        const analysis::SquareMatrix matrix{
            .size = static_cast<std::uint32_t>(numbers.rows), .values = numbers.values, .single = numbers.single};
        const std::vector<std::string>& names = labels_.empty() ? numbers.labels : labels_;
        report::GraphAnswer graph{.matrix = &matrix, .options = choice_};
        for (const std::string& name : names) graph.labels.emplace_back(name);
        return answer(std::nullopt, std::move(graph), {matrix_path_});
    }

    std::string path_, matrix_path_;
    TokenOptions prompt_;
    std::vector<std::string> labels_, outputs_;
    std::optional<std::uint32_t> layer_, head_;
    analysis::GraphOptions choice_;
    std::vector<double> sweep_ = {0, 0.1, 0.15, 0.2, 0.25};
    bool masked_ = false, source_columns_ = false;
    study::Run run_;
};

}  // namespace

CommandRow graph_command() {
    return {
        .name = "graph",
        .group = "Attention",
        .summary = "Attention as a graph: tokens are nodes, weights are edges",
        .description =
            "Edges lead from the query that attends to the key that is attended to, and are kept when their weight is the threshold or more. "
            "A model's weights are floats: the threshold is rounded to one, too. What a query cannot see has no edge. -o writes the graph for "
            "other tools: CSV (edges; nodes in NAME.nodes.csv beside), node-link JSON, Graphviz, GraphML and Mermaid. --matrix draws any "
            "square matrix, of NumPy's or as text, and needs no model.",
        .examples = {{"graph model.gguf -p 'The cat sat on the mat' --threshold 0.1",
                      "the mean of the last layer's heads"},
                     {"graph model.gguf -f prompt.txt --layer 5 --head 3 --mode top --top 2 -o attention.dot",
                      "for Graphviz"},
                     {"graph --matrix weights.npy --labels the,quick,fox --sweep 0,0.1,0.2", "a matrix of any origin"}},
        .make = [] { return std::unique_ptr<Command>(std::make_unique<Graph>()); },
        .long_work = true};
}

}  // namespace attnx::cli
