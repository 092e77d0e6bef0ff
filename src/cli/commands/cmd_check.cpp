// attnx check: is this file whole, and would llama.cpp load it?
#include <fmt/format.h>

#include "../arguments/option_rows.h"
#include "../inputs/open_model.h"
#include "../process/progress.h"
#include "attnx/analysis/check.h"
#include "attnx/report/report.h"
#include "command_rows.h"

namespace attnx::cli {
namespace {

class Check final : public Command {
public:
    Options declare() override {
        Option models = model_argument([this](std::string_view path) { paths_.emplace_back(path); });
        models.repeatable = true;
        return {
            std::move(models),
            flag({"--data"},
                 "also read every number: NaN, infinities, scales that mean nothing (as llama.cpp's --check-tensors)",
                 [this] { data_ = true; })};
    }

    Outcome run(const Environment& environment) override {
        std::vector<analysis::CheckResult> results;
        Outcome outcome;
        for (const std::string& path : paths_) {
            results.push_back(
                check(environment, Located(environment, path, data_ ? Reads::everything : Reads::header)));
            const analysis::CheckResult& result = results.back();
            if (result.error) {
                if (paths_.size() == 1) throw *result.error;
                outcome.messages.emplace_back(result.error->what());
                outcome.exit = ExitCode::not_answered;
            } else if (!result.whole() && outcome.exit == ExitCode::answered) {
                outcome.exit = ExitCode::answer_is_no;
            }
        }
        outcome.document = report::check(results);
        return outcome;
    }

private:
    analysis::CheckResult check(const Environment& environment, const Located& model) const {
        const auto open = [&](gguf::OpenOptions options) { return model.open(options); };
        if (!data_) return analysis::check(model.path(), open);
        std::optional<Progress> progress;
        const analysis::Reading reading = {
            [&](std::uint64_t bytes) { progress.emplace(environment, "reading numbers", bytes); },
            [&](std::uint64_t bytes) { progress->advance(bytes); }};
        return analysis::check(model.path(), open, &reading);
    }

    std::vector<std::string> paths_;
    bool data_ = false;
};

}  // namespace

CommandRow check_command() {
    return {
        "check",
        "Look",
        "is the file whole, and would llama.cpp load it?",
        "Checks the structure of one or many files and asks what llama.cpp's loader would ask: keys and their types, the vocabulary, "
        "every tensor and its shape. Every byte is accounted for. Exit status 0: no errors (there may be warnings); 1: errors were "
        "found, or llama.cpp would not load the file; 2: a file could not be read at all.",
        {{"check model.gguf", "one file"},
         {"check *.gguf", "many, one line each"},
         {"check --data model.gguf", "every number, too"},
         {"check --json model.gguf | jq .findings", "for scripts"}},
        [] { return std::unique_ptr<Command>(new Check); }};
}

}  // namespace attnx::cli
