// attnx metadata: the keys of a file.
#include <fmt/format.h>

#include "../arguments/option_rows.h"
#include "../inputs/open_model.h"
#include "attnx/base/text.h"
#include "attnx/report/report.h"
#include "command_rows.h"

namespace attnx::cli {
namespace {

class Metadata final : public Command {
public:
    Options declare() override {
        Option keys = value({"KEY"}, "", "print the raw value of these keys alone", "",
                            [this](std::string_view key) { options_.keys.emplace_back(key); });
        keys.repeatable = true;
        keys.hint = ValueHint::key;
        Option arrays = value({"--arrays"}, "HOW", "arrays shortened or whole (in JSON)", "short",
                              [this](std::string_view how) { options_.whole_arrays = how == "full"; });
        arrays.choices = {"short", "full"};
        return {model_argument(path_), std::move(keys), std::move(arrays)};
    }

    Outcome run(const Environment& environment) override {
        const gguf::File file = open_model(environment, path_, Reads::header);
        report::MetadataAnswer answer = report::metadata(file, options_);
        Outcome outcome{std::move(answer.document)};
        for (const std::string& key : answer.missing) {
            outcome.exit = ExitCode::answer_is_no;
            outcome.messages.push_back(fmt::format("{}: no key {}", printable(path_), printable(key)));
        }
        return outcome;
    }

private:
    std::string path_;
    report::MetadataOptions options_;
};

}  // namespace

CommandRow metadata_command() {
    return {
        "metadata",
        "Look",
        "keys and values",
        "Lists the metadata of a file with types and values. Arrays are shortened, with their length. A named key prints its value "
        "alone, as it is; exit status 1 says that a key is not there. Chat templates are shown, never executed.",
        {{"metadata model.gguf", "all keys"},
         {"metadata model.gguf tokenizer.chat_template", "one value, raw"},
         {"metadata --json --arrays full model.gguf", "everything, for scripts"}},
        [] { return std::unique_ptr<Command>(new Metadata); }};
}

}  // namespace attnx::cli
