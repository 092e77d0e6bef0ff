// What the panels that are asked for read.
#include <algorithm>
#include <map>
#include <variant>

#include "attnx/view/token.h"
#include "viewer_panels.h"

namespace attnx::report {
namespace {

using study::Ablations;
using study::Lens;
using view::Cell;
using view::Show;

// Each piece once; what is said is numbers of these.
class Pieces {
public:
    explicit Pieces(const std::function<std::string(std::uint32_t)>& piece) : piece_(piece) {}

    std::uint64_t number(std::uint32_t id) {
        const auto [at, added] = numbers_.try_emplace(id, labels_.size());
        if (added) labels_.emplace_back(view::visible_token(piece_(id)));
        return at->second;
    }
    view::List take() { return std::move(labels_); }

private:
    const std::function<std::string(std::uint32_t)>& piece_;
    std::map<std::uint32_t, std::uint64_t> numbers_;
    view::List labels_;
};

std::size_t guesses_of(const Lens& lens) {
    return lens.layers.empty() || lens.layers[0].positions.empty() ? 0 : lens.layers[0].positions[0].size();
}

view::Fact scripts_fact(std::string id, Cell value) {
    return {.id = std::move(id), .value = std::move(value), .show = Show::scripts};
}

}  // namespace

view::Document lens_of_page(const view::ModelRef& model, const Lens& lens,
                            const std::function<std::string(std::uint32_t)>& piece) {
    view::Document document{.command = "lens", .model = model};
    Pieces pieces(piece);
    view::Table layers{.id = "layers", .columns = {{"layer"}, {"tokens"}, {"probabilities"}}, .show = Show::scripts};
    for (const study::LensLayer& layer : lens.layers) {
        view::List tokens, probabilities;
        for (const auto& guesses : layer.positions)
            for (const analysis::Guess& guess : guesses) {
                tokens.emplace_back(pieces.number(guess.id));
                probabilities.emplace_back(guess.probability);
            }
        layers.rows.push_back({layer.layer, std::move(tokens), std::move(probabilities)});
    }
    const forward::Attribution& parts = lens.attribution;
    document.blocks.emplace_back(std::move(layers));
    document.blocks.emplace_back(view::Facts{
        .facts = {scripts_fact("guesses", static_cast<std::uint64_t>(guesses_of(lens))),
                  scripts_fact("pieces", pieces.take()),
                  scripts_fact("attribution/target", view::visible_token(piece(lens.target))),
                  scripts_fact("attribution/position", lens.position), scripts_fact("attribution/logit", parts.logit),
                  scripts_fact("attribution/total", parts.total()),
                  scripts_fact("attribution/embedding", parts.embedding),
                  scripts_fact("attribution/other", parts.other), scripts_fact("attribution/rounding", parts.rounding)},
        .show = Show::scripts});
    add_attribution_tables(document.blocks, parts);
    shorten(document);
    return document;
}

std::uint64_t lens_bytes(const model::ModelSpec& spec, std::uint64_t tokens) {
    // A guess with its number and probability and a label of its own; parts of the logit; rows without programs.
    constexpr std::uint64_t kPerGuess = 60, kGuesses = 5, kPerPart = 60, kPerLayer = 300, kOnce = 6000;
    std::uint64_t bytes = kOnce;
    for (const model::LayerSpec& layer : spec.layers)
        bytes += tokens * kGuesses * kPerGuess + kPerLayer + kPerPart * (layer.head_count + std::uint64_t{2});
    return bytes;
}

view::Document ablations_of_page(const view::ModelRef& model, const Ablations& ablations,
                                 std::optional<std::uint32_t> target,
                                 const std::function<std::string(std::uint32_t)>& piece) {
    view::Document document{.command = "ablate", .model = model};
    document.blocks.emplace_back(
        view::Facts{.facts = {scripts_fact("loss", Cell(ablations.loss)),
                              scripts_fact("target", target ? Cell(view::visible_token(piece(*target))) : Cell())},
                    .show = Show::scripts});
    view::Table heads{.id = "heads", .show = Show::scripts};
    for (const char* id : {"layer", "head", "kl_mean", "kl_last", "loss_change", "target_logit_change"})
        heads.columns.push_back({id});
    for (const study::HeadEffect& head : ablations.heads)
        heads.rows.push_back({head.layer, head.head, head.kl_mean, head.kl_last, Cell(head.loss_change),
                              Cell(head.target_logit_change)});
    document.blocks.emplace_back(std::move(heads));
    shorten(document);
    return document;
}

void add_people(view::Document& to, const view::Document& from) {
    for (const view::Block& block : from.blocks)
        if (const auto* table = std::get_if<view::Table>(&block); table && table->show == Show::people)
            to.blocks.emplace_back(*table);
}

}  // namespace attnx::report
