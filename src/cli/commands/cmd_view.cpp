// attnx view: attention as a page to explore.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "../arguments/option_rows.h"
#include "../arguments/selection.h"
#include "../inputs/inputs.h"
#include "../inputs/open_model.h"
#include "../inputs/run_options.h"
#include "../inputs/token_source.h"
#include "../process/browser.h"
#include "../process/progress.h"
#include "attend_watch.h"
#include "attnx/analysis/loads.h"
#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "attnx/base/units.h"
#include "attnx/model/visible.h"
#include "attnx/report/report.h"
#include "attnx/report/viewer.h"
#include "attnx/study/ablate.h"
#include "attnx/study/attend.h"
#include "attnx/study/lens.h"
#include "attnx/study/roles.h"
#include "command_rows.h"
#include "file_outputs.h"
#include "layer_choice.h"

namespace attnx::cli {
namespace {

class PageFile final : public view::Sink {
public:
    explicit PageFile(io::OutputFile& file) : file_(file) {}
    void write(std::string_view piece) override {
        file_.write(piece);
        bytes += piece.size();
    }
    std::uint64_t bytes = 0;

private:
    io::OutputFile& file_;
};

class View final : public Command {
public:
    Options declare() override {
        Options options = {model_argument(path_)};
        prompt_.declare(options);
        Option output = value({"-o", "--output"}, "FILE", "the page: a name that ends in .html", "",
                              [this](std::string_view t) { set_output(t); });
        output.required = true;
        output.hint = ValueHint::file;
        options.push_back(std::move(output));
        options.push_back(layers_option(layers_, "layers to show"));
        options.push_back(heads_option(heads_, "heads to show"));
        options.push_back(value({"-n", "--generate"}, "N", "tokens to generate greedily first; they are marked", "0",
                                [this](std::string_view t) { generate_ = count(t, 0, 1u << 20); }));
        options.push_back(
            flag({"--exact"}, "every weight as it was computed: twice as large", [this] { exact_ = true; }));
        options.push_back(value({"--max-size"}, "SIZE",
                                "keep weights in 8 bits beyond this, and refuse what still is larger", "20MiB",
                                [this](std::string_view t) { max_size_ = bytes_with_unit(t); }));
        options.push_back(
            value({"--probes"}, "N", "random probes that tell what heads do, as in heads; 0: none", "3",
                  [this](std::string_view t) { probes_ = static_cast<std::uint32_t>(count(t, 0, 1000)); }));
        options.push_back(flag({"--lens"}, "panels of what the model would say after each layer, and of who wrote it",
                               [this] { lens_ = true; }));
        options.push_back(flag({"--ablate"}, "a panel of what is lost without each head: runs the model once for each",
                               [this] { ablate_ = true; }));
        options.push_back(flag({"--open"}, "show it in the browser when it is written", [this] { open_ = true; }));
        declare_run(options, run_);
        return options;
    }

    Outcome run(const Environment& environment) override {
        const gguf::File file = open_model(environment, path_);
        const model::ModelSpec spec = analysis::spec_with_refusals(file);
        const study::Prompt prompt = prompt_.read(environment, file, spec);
        report::ViewerPlan plan{report::model_ref(file, spec), &spec, chosen_heads(layers_, heads_, spec, path_)};
        plan.lens = lens_;
        plan.ablate = ablate_;
        const std::uint32_t drawn = plan.heads.rbegin()->first;
        io::OutputFiles outputs({output_}, inputs_of(file, prompt_));
        PageFile page(outputs[0]);

        study::Question question{.heads = plan.heads, .maps = {drawn}, .generate = generate_};
        question.run = run_;
        question.states = true;
        question.answers = lens_ || ablate_;
        question.received = probes_ > 0;
        question.maps_advice = " (--layers chooses some)";
        std::optional<report::Viewer> viewer;
        AttendWatch watch(environment, [&](std::span<const study::Token> tokens) {
            plan.packing = packing_of(plan, tokens);
            return AttendWatch::Sinks{&viewer.emplace(page, plan, tokens)};
        });
        const auto attended =
            std::make_shared<const study::Attended>(study::attend(file, spec, prompt, question, &watch));
        watch.finish();
        std::vector<std::string> messages;
        const Of of{environment, file, spec, prompt};
        viewer->finish(attended, more_of(of, *attended, messages), drawn);
        outputs.publish();
        Outcome outcome{report::viewed(plan, *attended, {output_, page.bytes})};
        outcome.messages = std::move(messages);
        if (open_)
            if (const auto failed = show_in_browser(output_)) outcome.messages.push_back(*failed);
        return outcome;
    }

private:
    void set_output(std::string_view text) {
        if (!text.ends_with(".html") && !text.ends_with(".htm"))
            throw Error(ErrorCode::usage, fmt::format("'{}': the name must end in .html", text));
        output_ = text;
    }

    struct Of {
        const Environment& environment;
        const gguf::File& file;
        const model::ModelSpec& spec;
        const study::Prompt& prompt;
    };

    // Of all tokens, those that were generated included.
    report::ViewerMore more_of(const Of& of, const study::Attended& attended,
                               std::vector<std::string>& messages) const {
        report::ViewerMore more{.roles = what_heads_do(of, attended, messages),
                                .piece = [&prompt = of.prompt](std::uint32_t id) { return prompt.piece(id); }};
        study::Prompt all{{}, of.prompt.tokenizer};
        for (const study::Token& token : attended.tokens) all.ids.push_back(token.id);
        const auto told = [&](const char* what) { return progress_of_steps(of.environment, what); };
        if (lens_) more.lens = study::lens(of.file, of.spec, all, {.run = run_}, told("reading layers"));
        if (more.lens) more.target = more.lens->target;
        if (ablate_)
            more.ablations = study::ablate(
                of.file, of.spec, all, {.heads = attended.heads, .target = more.target, .run = run_}, told("ablating"));
        return more;
    }

    // A page without them is still a page.
    std::optional<study::Roles> what_heads_do(const Of& of, const study::Attended& attended,
                                              std::vector<std::string>& messages) const {
        if (probes_ == 0) return std::nullopt;
        AttendWatch watch(of.environment);
        try {
            return study::roles(of.file, of.spec, of.prompt, attended,
                                {.heads = attended.heads, .seeds = probes_, .run = run_}, &watch);
        } catch (const Error& error) {
            if (error.code() != ErrorCode::refused) throw;
            messages.push_back(fmt::format("the page does not say what heads do: {}", printable(error.message())));
            return std::nullopt;
        }
    }

    // As many bits as the page may have.
    view::Packing packing_of(report::ViewerPlan plan, std::span<const study::Token> tokens) const {
        using enum view::Packing;
        const std::vector<view::Packing> choices =
            exact_ ? std::vector<view::Packing>{float32} : std::vector<view::Packing>{code16, code8};
        std::uint64_t size = 0;
        for (const view::Packing packing : choices) {
            plan.packing = packing;
            size = report::viewer_bytes(plan, tokens);
            if (size <= max_size_) return packing;
        }
        throw Error(
            ErrorCode::refused,
            fmt::format("a page of {} layers and {} tokens takes up to {}, more than {}: --layers chooses some,{} "
                        "--max-size {}MiB lifts it",
                        plan.heads.size(), tokens.size(), format_bytes(size), format_bytes(max_size_),
                        exact_ ? " without --exact it is smaller," : "", (size >> 20U) + 1),
            {output_, std::nullopt, {}});
    }

    std::string path_, output_;
    TokenOptions prompt_;
    IndexSelection layers_;
    HeadSelection heads_;
    std::uint64_t generate_ = 0;
    std::uint32_t probes_ = 3;
    bool exact_ = false, open_ = false, lens_ = false, ablate_ = false;
    std::uint64_t max_size_ = std::uint64_t{20} << 20U;
    study::Run run_;
};

}  // namespace

CommandRow view_command() {
    return {
        .name = "view",
        .group = "Attention",
        .summary = "Attention as one page to explore in a browser",
        .description =
            "Runs the model as attend does and writes one HTML file: all heads sorted by any metric, maps, lines between tokens, graphs, "
            "rollouts, states, what heads do, the text with what each token attends to, and the numbers under the pointer. It loads nothing from anywhere, works from the disk, "
            "and without JavaScript still shows a picture and a table. Weights are kept in 16 bits, off by at most 0.00002, unless --exact.",
        .examples = {{"view model.gguf -p 'The cat sat on the mat' -o cat.html --open", "look at it"},
                     {"view model.gguf -f prompt.txt -n 20 -o answer.html", "what generated tokens attend to"},
                     {"view model.gguf -p 'The capital of France is' --lens --ablate -o why.html",
                      "who wrote the answer, and who matters"},
                     {"view model.gguf -f long.txt --layers 0-7 --max-size 64MiB -o long.html", "a long text"}},
        .make = [] { return std::unique_ptr<Command>(std::make_unique<View>()); },
        .long_work = true};
}

}  // namespace attnx::cli
