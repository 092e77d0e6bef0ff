// attnx explain: one weight worked out.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "../arguments/option_rows.h"
#include "../inputs/open_model.h"
#include "../inputs/run_options.h"
#include "../inputs/token_source.h"
#include "attend_watch.h"
#include "attnx/analysis/loads.h"
#include "attnx/base/error.h"
#include "attnx/report/explain.h"
#include "attnx/report/report.h"
#include "command_rows.h"
#include "layer_choice.h"

namespace attnx::cli {
namespace {

// "0.1,0.2;0.7,0.9"
std::vector<analysis::Numbers> vectors(std::string_view text) {
    std::vector<analysis::Numbers> all;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(';', at), text.size());
        all.push_back(real_list(text.substr(at, end - at)));
        at = end + 1;
    }
    return all;
}

class Explain final : public Command {
public:
    Options declare() override {
        Options options = {model_argument(path_)};
        options.front().required = false;
        prompt_.declare(options);
        options.push_back(layer_option(layer_));
        const auto number = [](std::uint32_t& to) {
            return [&to](std::string_view t) { to = static_cast<std::uint32_t>(count(t, 0, UINT32_MAX)); };
        };
        options.push_back(value({"--head"}, "H", "the head", "0", number(head_)));
        options.push_back(
            value({"--query"}, "I", "position of the token that attends, counted from 0", "the last",
                  [this](std::string_view t) { query_ = static_cast<std::uint32_t>(count(t, 0, UINT32_MAX)); }));
        options.push_back(
            value({"--key"}, "J", "position of the token whose product is taken apart", "the heaviest",
                  [this](std::string_view t) { key_ = static_cast<std::uint32_t>(count(t, 0, UINT32_MAX)); }));
        options.push_back(value({"--q"}, "X,X,…", "by hand, without a model: a query", "",
                                [this](std::string_view t) { problem_.query = real_list(t); }));
        options.push_back(value({"--k"}, "X,X,…;X,X,…", "by hand: the keys", "",
                                [this](std::string_view t) { problem_.keys = vectors(t); }));
        options.push_back(value({"--v"}, "X,X,…;X,X,…", "by hand: their values", "",
                                [this](std::string_view t) { problem_.values = vectors(t); }));
        options.push_back(value({"--scale"}, "X", "by hand: what q·k is multiplied with", "1/√(numbers in q)",
                                [this](std::string_view t) { scale_ = real(t); }));
        declare_run(options, run_);
        return options;
    }

    Outcome run(const Environment& environment) override {
        const bool by_hand = !problem_.query.empty() || !problem_.keys.empty();
        if (by_hand == !path_.empty())
            throw Error(ErrorCode::usage,
                        by_hand ? "give a MODEL or --q and --k, not both" : "give a MODEL and a text, or --q and --k");
        return by_hand ? worked_by_hand() : of_model(environment);
    }

private:
    Outcome worked_by_hand() {
        if (problem_.query.empty() || problem_.keys.empty())
            throw Error(ErrorCode::usage, "--q and --k belong together");
        problem_.scale = scale_.value_or(1 / std::sqrt(static_cast<double>(problem_.query.size())));
        report::ByHand by_hand{.problem = problem_, .explanation = analysis::explain(problem_)};
        const auto& keys = by_hand.explanation.keys;
        by_hand.key = key_.value_or(std::ranges::max_element(keys, {}, &analysis::ExplainedKey::weight)->key);
        if (by_hand.key >= keys.size())
            throw Error(ErrorCode::usage,
                        fmt::format("--key {}: there are {} keys, counted from 0", by_hand.key, keys.size()));
        return {report::explain(by_hand)};
    }

    Outcome of_model(const Environment& environment) {
        const gguf::File file = open_model(environment, path_);
        const model::ModelSpec spec = analysis::spec_with_refusals(file);
        const study::Prompt prompt = prompt_.read(environment, file, spec);
        const study::WeightQuestion question{
            .layer = chosen_layer(spec, layer_, path_),
            .head = head_,
            .query = query_.value_or(static_cast<std::uint32_t>(prompt.ids.size() - 1)),
            .key = key_,
            .run = run_};
        AttendWatch watch(environment);
        const study::Explained why = study::explain(file, spec, prompt, question, &watch);
        watch.finish();
        return {report::explain(report::model_ref(file, spec), spec, why)};
    }

    std::string path_;
    TokenOptions prompt_;
    std::optional<std::uint32_t> layer_, query_, key_;
    std::uint32_t head_ = 0;
    analysis::WeightProblem problem_;
    std::optional<double> scale_;
    study::Run run_;
};

}  // namespace

CommandRow explain_command() {
    return {
        .name = "explain",
        .group = "Attention",
        .summary = "One attention weight worked out, step by step",
        .description =
            "Takes query, keys and values of one head from a run of the model and works its weights out: the products, the scale, a soft cap or "
            "a bias of positions where the model has them, the exponentials, their sum. Says which keys the head shares with which others. "
            "With --q and --k the same steps are done by hand on a few numbers.",
        .examples = {{"explain model.gguf -p 'The cat sat on the mat' --layer 5 --head 3",
                      "what the last token attends to"},
                     {"explain model.gguf -p 'The cat sat' --layer 5 --head 3 --query 2 --key 1",
                      "why it attends to one token"},
                     {"explain --q 0.5,0.8 --k '0.1,0.2;0.7,0.9;0.5,0.8'", "by hand"}},
        .make = [] { return std::unique_ptr<Command>(std::make_unique<Explain>()); },
        .long_work = true};
}

}  // namespace attnx::cli
