// attnx tokenize: what a model makes of a text before it reads it.
#include "../arguments/option_rows.h"
#include "../inputs/open_model.h"
#include "../inputs/prompt.h"
#include "attnx/analysis/file_kind.h"
#include "attnx/base/error.h"
#include "attnx/report/tokenize.h"
#include "command_rows.h"

namespace attnx::cli {
namespace {

class Tokenize final : public Command {
public:
    Options declare() override {
        Options options = {model_argument(model_)};
        prompt_.declare(options);
        options.push_back(
            {.spellings = {"--no-special"},
             .help = "Add no BOS, EOS or separators, and take special tokens spelled out in the text as text.",
             .set = [this](std::string_view) { special_ = false; }});
        return options;
    }

    Outcome run(const Environment& environment) override {
        const std::string prompt = prompt_.read(environment);
        const gguf::File file = open_model(environment, model_, Reads::header);
        try {
            const auto tokenizer = text::Tokenizer::from(file.metadata());
            return {report::tokenize(file, tokenizer, tokenizer.encode(prompt, special_, special_))};
        } catch (const Error& error) {
            if (!analysis::may_have_layers(analysis::kind_of(file).kind)) analysis::require_model(file);
            throw Error(error.code(), error.message(), {model_, error.where().offset, error.where().name});
        }
    }

private:
    std::string model_;
    Prompt prompt_;
    bool special_ = true;
};

}  // namespace

CommandRow tokenize_command() {
    return {
        .name = "tokenize",
        .group = "Attention",
        .summary = "The tokens that a model makes of a text",
        .description =
            "Prints ids and pieces exactly as llama.cpp makes them, for every vocabulary type that GGUF knows. Pieces stand in quotes, so "
            "that spaces are seen; a byte that is no whole character shows as \\xNN. Special tokens such as <|im_end|> are recognised in "
            "the text, and those that the model expects around it are added.",
        .examples = {{"tokenize model.gguf -p 'Hello, world'", "a text on the command line"},
                     {"tokenize model.gguf -f prompt.txt --no-special", "a file, as plain text"},
                     {"tokenize model.gguf --json - < prompt.txt", "standard input, for scripts"}},
        .make = [] { return std::unique_ptr<Command>(std::make_unique<Tokenize>()); }};
}

}  // namespace attnx::cli
