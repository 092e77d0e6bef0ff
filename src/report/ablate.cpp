#include "attnx/report/ablate.h"

#include <algorithm>

#include <fmt/format.h>

#include "attnx/report/attend.h"
#include "head_map.h"

namespace attnx::report {

using study::Ablations;
using study::HeadEffect;
using view::Cell;
using view::Show;
using view::Unit;

namespace {

constexpr std::size_t kMostHeads = 20;  // for people

view::Facts baseline(const Ablations& all, const AblateView& view) {
    view::Facts facts;
    const auto add = [&](const char* id, const char* label, Cell value, Unit unit, std::string remark = {}) {
        facts.facts.push_back({id, label, std::move(value), unit, Show::all, std::move(remark)});
    };
    add("with", "heads replaced by", view.by_mean ? "mean" : "zero", Unit::none,
        view.by_mean ? "of what the head hands to W_O, over the prompt" : "what the head hands to W_O");
    add("baseline/loss", "loss", Cell(all.loss), Unit::real, "mean of −log p of the prompt's own next tokens, nats");
    facts.facts.back().show = all.loss ? Show::all : Show::scripts;
    if (!view.target) return facts;
    add("target/id", "target", view.target->id, Unit::id);
    facts.facts.back().show = Show::scripts;
    add("target/piece", "target", view::Token{view.target->piece}, Unit::none,
        fmt::format("logit {:.4f} after token {}", all.target_logit.value_or(0), view.position));
    add("target/position", "", view.position, Unit::id);
    facts.facts.back().show = Show::scripts;
    add("target/logit", "", Cell(all.target_logit), Unit::real);
    facts.facts.back().show = Show::scripts;
    return facts;
}

view::Table guesses(const Ablations& all, const AblateView& view) {
    view::Table table{.id = "baseline/top", .title = "What comes next, with all heads"};
    table.columns = {{"id", "id", Unit::id}, {"piece", "token"}, {"probability", "probability", Unit::percent}};
    for (const analysis::Guess& guess : all.top)
        table.rows.push_back({guess.id, view::Token{view.piece(guess.id)}, guess.probability});
    return table;
}

view::Table table_of(const std::vector<const HeadEffect*>& heads, const AblateView& view) {
    view::Table table{.id = "heads"};
    table.columns = {{"layer", "layer", Unit::id},
                     {"head", "head", Unit::id},
                     {"kl_mean", "KL, mean", Unit::real},
                     {"kl_last", "KL, last token", Unit::real},
                     {"loss_change", "loss", Unit::real},
                     {"target_logit_change", "target's logit", Unit::real, view.target ? Show::all : Show::scripts}};
    for (const HeadEffect* head : heads)
        table.rows.push_back({head->layer, head->head, head->kl_mean, head->kl_last, Cell(head->loss_change),
                              Cell(head->target_logit_change)});
    return table;
}

// The strongest, for people.
view::Table strongest(std::vector<const HeadEffect*> heads, const AblateView& view) {
    std::ranges::stable_sort(heads, std::greater<>{}, &HeadEffect::kl_mean);
    const std::size_t all = heads.size();
    heads.resize(std::min(all, kMostHeads));
    view::Table table = table_of(heads, view);
    table.title =
        fmt::format("What the model loses without a head: the {} of {} heads that matter most", heads.size(), all);
    if (heads.size() == all) table.title = "What the model loses without a head";
    table.id.clear();
    table.show = Show::people;
    return table;
}

}  // namespace

view::Document ablate(const view::ModelRef& model, const Ablations& ablations, const AblateView& view) {
    view::Document document;
    document.command = "ablate";
    document.model = model;
    document.csv_table = "heads";
    document.findings = ablations.findings;
    document.blocks.emplace_back(numerics_fact(ablations.numerics));
    document.blocks.emplace_back(token_table(ablations.tokens));
    document.blocks.emplace_back(baseline(ablations, view));
    document.blocks.emplace_back(guesses(ablations, view));
    std::vector<const HeadEffect*> heads;
    std::vector<HeadNumber> numbers;
    for (const HeadEffect& head : ablations.heads) {
        heads.push_back(&head);
        numbers.push_back({head.layer, head.head, head.kl_mean});
    }
    view::Table all = table_of(heads, view);
    all.show = Show::scripts;
    document.blocks.emplace_back(std::move(all));
    document.blocks.emplace_back(strongest(std::move(heads), view));
    view::Matrix map = head_map(numbers);
    map.title = "KL, mean over tokens: how much the answers change without the head";
    map.shading.scale = view::Scale::square_root;
    document.blocks.emplace_back(std::move(map));
    document.blocks.emplace_back(view::Note{
        "KL(whole ‖ without the head) in nats: 0 where nothing changes. loss: how much it grows. A head that does not "
        "matter alone may matter where another that does the same is gone too."});
    return document;
}

}  // namespace attnx::report
