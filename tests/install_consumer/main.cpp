// Uses one thing of each kind the library offers: values, a file, errors, a rendered document; with a model as its
// argument, what that attends to.
#include <cstdio>
#include <string>

#include "attnx/base/error.h"
#include "attnx/base/units.h"
#include "attnx/base/version.h"
#include "attnx/gguf/file.h"
#include "attnx/model/build.h"
#include "attnx/study/attend.h"
#include "attnx/view/outputs.h"

int main(int argc, char** argv) {
    if (attnx::format_bytes(47'185'920) != "45.0 MiB") return 1;
    attnx::view::Document document{.command = "consumer"};
    document.blocks.emplace_back(attnx::view::Facts{.facts = {{.id = "漢", .label = "漢", .value = attnx::kVersion}}});
    std::fputs(attnx::view::text_of(*attnx::view::find_output("table"), document, {}).c_str(), stdout);
    try {
        const auto file = attnx::gguf::File::open(argc > 1 ? argv[1] : "missing.gguf");
        const auto spec = attnx::model::build_spec(file);
        const auto prompt = attnx::study::prompt_of_text(file, spec, "the cat sat");
        const auto answer = attnx::study::attend(file, spec, prompt, {});
        for (const attnx::analysis::AttentionMetric& metric : attnx::analysis::attention_metrics()) {
            const auto value = answer.metrics.at(0).at(0).value(metric);
            if (value) std::printf("%s %.3f\n", std::string(metric.id).c_str(), *value);
        }
        return answer.tokens.size() < 3 ? 4 : 0;
    } catch (const attnx::Error& error) {
        return error.code() == attnx::ErrorCode::cannot_open ? 0 : 2;
    }
}
