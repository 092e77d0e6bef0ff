// attnx inspect: the attention of a model on one screen.
#include "../arguments/option_rows.h"
#include "../inputs/open_model.h"
#include "attnx/analysis/file_kind.h"
#include "attnx/analysis/loads.h"
#include "attnx/base/error.h"
#include "attnx/report/report.h"
#include "command_rows.h"

namespace attnx::cli {
namespace {

class Inspect final : public Command {
public:
    Options declare() override {
        return {
            model_argument(path_),
            flag({"--layers"}, "also show the layers, equal ones folded into one row",
                 [this] { options_.layers = true; }),
            flag({"--explain"}, "also show where each fact comes from: key, tensor, architecture row or assumption",
                 [this] { options_.explain = true; }),
        };
    }

    Outcome run(const Environment& environment) override {
        const gguf::File file = open_model(environment, path_, Reads::header);
        try {
            return {report::inspect(file, analysis::spec_with_refusals(file), options_)};
        } catch (const Error& error) {
            if (error.code() != ErrorCode::not_a_model) throw;
        }
        return {report::inspect(file, analysis::kind_of(file))};  // what a file is, is no error
    }

private:
    std::string path_;
    report::InspectOptions options_;
};

}  // namespace

CommandRow inspect_command() {
    return {
        "inspect",
        "Look",
        "the attention of a model on one screen",
        "Shows what kind of attention a model has, its heads, KV heads and head dims, rope, windows, soft caps and sinks, what its "
        "KV cache costs per token, and what the file holds. Reads the header only, never the weights.",
        {{"inspect model.gguf", "one screen"},
         {"inspect model.gguf --layers", "with the layers"},
         {"inspect model.gguf --explain", "with the source of each fact"},
         {"inspect --json model.gguf | jq .result.layers", "for scripts"}},
        [] { return std::unique_ptr<Command>(new Inspect); }};
}

}  // namespace attnx::cli
