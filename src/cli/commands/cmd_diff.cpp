// attnx diff: how two models differ.
#include "../arguments/option_rows.h"
#include "../inputs/open_model.h"
#include "../inputs/run_options.h"
#include "../inputs/token_source.h"
#include "../process/progress.h"
#include "attend_watch.h"
#include "attnx/analysis/loads.h"
#include "attnx/base/error.h"
#include "attnx/report/diff.h"
#include "attnx/study/compare.h"
#include "command_rows.h"

namespace attnx::cli {
namespace {

using Specs = std::pair<model::ModelSpec, model::ModelSpec>;

class DiffCommand final : public Command {
public:
    Options declare() override {
        Option a = model_argument(a_), b = model_argument(b_);
        a.spellings = {"A"};
        b.spellings = {"B"};
        b.named = {};
        b.help = "another, that is compared with it";
        Options options = {
            std::move(a),
            std::move(b),
            flag({"--geometry"}, "only what is asked for: layers, heads, windows, rope", [this] { geometry_ = true; }),
            flag({"--metadata"}, "keys and their values", [this] { metadata_ = true; }),
            flag({"--tensors"}, "names, shapes and types of tensors", [this] { tensors_ = true; }),
            flag({"--values"}, "the numbers of tensors of any two types", [this] { values_ = true; }),
            flag({"--attention"}, "run both on a prompt; understood where one is given", [this] { attention_ = true; }),
            value({"--tolerance"}, "X", "numbers that are so near count as the same", "0",
                  [this](std::string_view text) { tolerance_ = real(text); }),
        };
        prompt_.declare(options);
        declare_run(options, run_);
        return options;
    }

    Outcome run(const Environment& environment) override {
        if (tolerance_ < 0) throw Error(ErrorCode::usage, "--tolerance is not negative");
        attention_ = attention_ || prompt_.given();
        const bool all = !geometry_ && !metadata_ && !tensors_;
        const Reads how = values_ || attention_ ? Reads::everything : Reads::header;
        const gguf::File a = open_model(environment, a_, how), b = open_model(environment, b_, how);
        const bool needed = geometry_ || attention_;
        const std::optional<Specs> specs = needed || all ? specs_of(a, b, needed) : std::nullopt;
        report::Diff diff{.a = a, .b = b, .tolerance = tolerance_};
        if (specs && (geometry_ || all)) {
            diff.spec_a = &specs->first;
            diff.spec_b = &specs->second;
        }
        if (metadata_ || all) diff.metadata = analysis::compare(a.metadata(), b.metadata());
        if (tensors_ || values_ || all) diff.tensors = analysis::compare_tensors(a, b);
        if (values_) diff.numbers = compare_numbers(environment, a, b, diff.tensors->common);
        if (attention_) diff.attention = compare_attention(environment, a, b, *specs);
        report::DiffAnswer answer = report::diff(diff);
        return {std::move(answer.document), answer.same ? ExitCode::answered : ExitCode::answer_is_no};
    }

private:
    // Nothing where one of them is no model, unless that is what was asked about.
    static std::optional<Specs> specs_of(const gguf::File& a, const gguf::File& b, bool needed) {
        try {
            return Specs{analysis::spec_with_refusals(a), analysis::spec_with_refusals(b)};
        } catch (const Error& error) {
            if (needed || error.code() != ErrorCode::not_a_model) throw;
            return std::nullopt;
        }
    }

    std::vector<analysis::PairDistance> compare_numbers(const Environment& environment, const gguf::File& a,
                                                        const gguf::File& b,
                                                        std::span<const analysis::TensorPair> pairs) const {
        std::optional<Progress> progress;
        return analysis::compare_numbers(
            a, b, pairs, run_.threads,
            {[&](std::uint64_t bytes) { progress.emplace(environment, "comparing numbers", bytes); },
             [&](std::uint64_t bytes) { progress->advance(bytes); }});
    }

    study::Compared compare_attention(const Environment& environment, const gguf::File& a, const gguf::File& b,
                                      const Specs& specs) const {
        const TokenOptions::Source source = prompt_.source(environment);
        const study::Prompt left = source.read(a, specs.first), right = source.read(b, specs.second);
        AttendWatch watch(environment);
        study::Compared compared = study::compare({a, specs.first, left}, {b, specs.second, right}, run_, &watch);
        watch.finish();
        return compared;
    }

    std::string a_, b_;
    TokenOptions prompt_;
    study::Run run_;
    bool geometry_ = false, metadata_ = false, tensors_ = false, values_ = false, attention_ = false;
    double tolerance_ = 0;
};

}  // namespace

CommandRow diff_command() {
    return {
        .name = "diff",
        .group = "Look",
        .summary = "How two models differ: keys, tensors, numbers, attention",
        .description =
            "Compares what two headers say. With --values also the numbers, tensor by tensor, whatever their types are: a "
            "model and its quantisation, or a model before and after it was tuned. With a prompt both are run: how far the "
            "attention of each head is from its counterpart's, and what they say next. Keys that tell how a model is cut "
            "into files (split.*) make no difference. Exit status 0: nothing differs; 1: something does; 2: a file could "
            "not be read.",
        .examples = {{"diff a.gguf b.gguf", "what the headers say"},
                     {"diff f16.gguf q4.gguf --tensors --values", "what quantising cost, tensor by tensor"},
                     {"diff f16.gguf q4.gguf -p 'The cat sat on the mat'", "and what it does to attention"},
                     {"diff --json a.gguf b.gguf | jq .result.metadata.changed", "for scripts"}},
        .make = [] { return std::unique_ptr<Command>(std::make_unique<DiffCommand>()); },
        .long_work = true};
}

}  // namespace attnx::cli
