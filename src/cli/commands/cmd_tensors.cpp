// attnx tensors: the tensor table.
#include "../arguments/option_rows.h"
#include "../inputs/open_model.h"
#include "attnx/model/build.h"
#include "attnx/report/report.h"
#include "command_rows.h"

namespace attnx::cli {
namespace {

class Tensors final : public Command {
public:
    Options declare() override {
        Option filter = value({"--filter"}, "GLOB", "only names that match; * and ? are wildcards", "",
                              [this](std::string_view glob) { options_.filter = glob; });
        filter.hint = ValueHint::tensor;
        Option sort = value({"--sort"}, "BY", "order of the rows", "file", [this](std::string_view by) {
            using enum report::TensorOrder;
            options_.order = by == "size" ? size : by == "name" ? name : by == "offset" ? offset : file;
        });
        sort.choices = {"file", "size", "name", "offset"};
        return {model_argument(path_), std::move(filter),
                flag({"--attention"}, "one row per layer, with its Q, K, V, O and other attention tensors side by side",
                     [this] { options_.attention = true; }),
                std::move(sort)};
    }

    Outcome run(const Environment& environment) override {
        const gguf::File file = open_model(environment, path_, Reads::header);
        return {report::tensors(file, options_)};
    }

private:
    std::string path_;
    report::TensorOptions options_;
};

}  // namespace

CommandRow tensors_command() {
    return {
        "tensors",
        "Look",
        "names, roles, shapes, types and sizes of the tensors",
        "Lists every tensor: its role and layer, shape (slowest dimension first, as PyTorch prints it), type, bits per weight, bytes "
        "and absolute offset in the file.",
        {{"tensors model.gguf", "all tensors"},
         {"tensors model.gguf --attention", "the attention tensors, layer by layer"},
         {"tensors model.gguf --filter 'blk.0.*' --sort size", "one layer, largest first"}},
        [] { return std::unique_ptr<Command>(new Tensors); }};
}

}  // namespace attnx::cli
