#include "attnx/report/viewer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "attnx/analysis/attention_metrics.h"
#include "attnx/base/text.h"
#include "attnx/model/visible.h"
#include "attnx/report/ablate.h"
#include "attnx/report/attend.h"
#include "attnx/report/lens.h"
#include "attnx/report/roles.h"
#include "attnx/report/states.h"
#include "attnx/view/token.h"
#include "layers.h"
#include "viewer_panels.h"

namespace attnx::report {
namespace {

using view::Cell;
using view::Unit;

// Safe to show.
std::string name_of(const view::ModelRef& model) {
    return printable(model.name && !model.name->empty() ? *model.name : model.architecture);
}

view::Fact for_scripts(std::string id, Cell value) {
    return {.id = std::move(id), .value = std::move(value), .show = view::Show::scripts};
}

view::Table metric_table() {
    view::Table table{.id = "metrics", .show = view::Show::scripts};
    for (const char* id : {"id", "label", "unit", "meaning"}) table.columns.push_back({id, id});
    for (const analysis::AttentionMetric& metric : analysis::attention_metrics())
        table.rows.push_back({metric.id, metric.label, to_string(metric.unit), metric.meaning});
    return table;
}

// What each query sees; layers alike share it.
class Masks {
public:
    Masks(const model::ModelSpec& spec, std::uint32_t tokens) : spec_(spec), tokens_(tokens) {}

    std::uint32_t of(std::uint32_t layer) {
        const model::Mask mask = mask_of(spec_, spec_.layers[layer]);
        std::pair<std::vector<std::uint64_t>, std::vector<std::uint64_t>> range;
        for (std::uint32_t query = 0; query < tokens_; ++query) {
            const model::KeyRange seen = visible_keys(mask, query, tokens_);
            range.first.push_back(seen.first);
            range.second.push_back(seen.end);
        }
        return numbers_.try_emplace(std::move(range), static_cast<std::uint32_t>(numbers_.size())).first->second;
    }

    view::Facts facts() const {
        view::Facts facts{.show = view::Show::scripts};
        std::vector<const decltype(numbers_)::value_type*> in_order(numbers_.size());
        for (const auto& entry : numbers_) in_order[entry.second] = &entry;
        for (const auto* entry : in_order) {
            const std::string at = fmt::format("masks/{}/", entry->second);
            facts.facts.push_back(for_scripts(at + "first", list(entry->first.first)));
            facts.facts.push_back(for_scripts(at + "end", list(entry->first.second)));
        }
        return facts;
    }

private:
    const model::ModelSpec& spec_;
    std::uint32_t tokens_;
    std::map<std::pair<std::vector<std::uint64_t>, std::vector<std::uint64_t>>, std::uint32_t> numbers_;

    static view::List list(const std::vector<std::uint64_t>& values) { return {values.begin(), values.end()}; }
};

view::Table layer_rows(const ViewerPlan& plan, Masks& masks) {
    view::Table table{.id = "layers", .show = view::Show::scripts};
    for (const char* id : {"layer", "window", "head_count", "head_count_kv", "heads", "mask"})
        table.columns.push_back({id, id});
    for (const auto& [index, chosen] : plan.heads) {
        const model::LayerSpec& layer = plan.spec->layers[index];
        view::List heads;
        for (const std::uint32_t head : chosen) heads.emplace_back(head);
        table.rows.push_back({index, window_cell(*plan.spec, index), layer.head_count, layer.head_count_kv,
                              std::move(heads), masks.of(index)});
    }
    return table;
}

// Layers after which the page can work out a rollout: it has every head of all that attend up to there.
view::List rolled_layers(const ViewerPlan& plan) {
    view::List layers;
    for (const std::uint32_t layer : study::rollout_layers(*plan.spec)) {
        const auto heads = plan.heads.find(layer);
        if (heads == plan.heads.end() || heads->second.size() < plan.spec->layers[layer].head_count) break;
        layers.emplace_back(layer);
    }
    return layers;
}

// What the page needs beside the answer of `attend`.
view::Document page_facts(const ViewerPlan& plan, const study::Attended& attended) {
    view::Document document{.command = "view", .model = plan.model};
    view::List labels;
    for (const study::Token& token : attended.tokens) labels.emplace_back(view::visible_token(token.piece));
    Masks masks(*plan.spec, static_cast<std::uint32_t>(attended.tokens.size()));
    document.blocks.emplace_back(view::Facts{
        .facts = {for_scripts("weight_bits", view::bits_of(plan.packing)),
                  for_scripts("largest_error", view::largest_error(plan.packing)),
                  for_scripts("prompt_tokens", attended.prompt_tokens), for_scripts("labels", std::move(labels)),
                  for_scripts("name", name_of(plan.model)), for_scripts("rollout_layers", rolled_layers(plan))},
        .show = view::Show::scripts});
    document.blocks.emplace_back(metric_table());
    document.blocks.emplace_back(layer_rows(plan, masks));
    document.blocks.emplace_back(masks.facts());
    return document;
}

std::uint64_t visible_weights(const ViewerPlan& plan, std::uint32_t layer, std::uint32_t first, std::uint32_t end,
                              std::uint32_t tokens) {
    const model::Mask mask = mask_of(*plan.spec, plan.spec->layers[layer]);
    std::uint64_t count = 0;
    for (std::uint32_t query = first; query < end; ++query) count += visible_keys(mask, query, tokens).count();
    return count;
}

}  // namespace

std::uint64_t viewer_bytes(const ViewerPlan& plan, std::span<const study::Token> tokens) {
    // A token's piece and label in JSON, and in the text without programs; a head's metrics in JSON, and as a row; what
    // masks say of a query; the documents around them, the picture.
    constexpr std::uint64_t kPerToken = 160, kPerPieceByte = 30, kPerHead = 1500, kPerLayer = 3500, kOnce = 64000;
    // Five lengths of four digits, in each layer up to the last; of the embedding two.
    constexpr std::uint64_t kPerState = 12;
    const auto count = static_cast<std::uint32_t>(tokens.size());
    std::uint64_t bytes = view::empty_page_bytes(plan.lens || plan.ablate) + kOnce + plan.model.path.size() * 12;
    const std::uint64_t states = (plan.heads.rbegin()->first + std::uint64_t{1}) * 5 + 2;
    for (const study::Token& token : tokens)
        bytes += kPerToken + kPerPieceByte * token.piece.size() + kPerState * states;
    if (plan.lens) bytes += lens_bytes(*plan.spec, count);
    constexpr std::uint64_t kPerAblation = 110;
    if (plan.ablate)
        for (const auto& [layer, heads] : plan.heads) bytes += kPerAblation * heads.size();
    // Rows come in blocks, of which each is an element of its own; smaller ones there are not.
    constexpr std::uint32_t kBlock = 32;
    for (const auto& [layer, heads] : plan.heads) {
        bytes += kPerLayer;
        std::uint64_t head = kPerHead;
        for (std::uint32_t first = 0; first < count; first += kBlock)
            head += view::page_bytes(visible_weights(plan, layer, first, std::min(first + kBlock, count), count),
                                     plan.packing);
        bytes += head * heads.size();
    }
    return bytes;
}

Viewer::Viewer(view::Sink& out, ViewerPlan plan, std::span<const study::Token> tokens)
    : plan_(std::move(plan)),
      tokens_(static_cast<std::uint32_t>(tokens.size())),
      page_(out, name_of(plan_.model) + ": attention", plan_.lens || plan_.ablate) {}

void Viewer::attention(const trace::AttentionRows& rows) {
    const auto layer = plan_.heads.find(rows.layer);
    if (layer == plan_.heads.end() || !std::ranges::binary_search(layer->second, rows.head)) return;
    const model::Mask mask = mask_of(*plan_.spec, plan_.spec->layers[rows.layer]);
    seen_.clear();
    for (std::uint32_t query = rows.first_query; query < rows.first_query + rows.query_count; ++query) {
        const model::KeyRange seen = visible_keys(mask, query, tokens_);
        const auto row = rows.row(query);
        for (std::uint64_t key = seen.first; key < seen.end; ++key) seen_.push_back(key < row.size() ? row[key] : 0.0F);
    }
    page_.rows({rows.layer, rows.head, rows.first_query, seen_}, plan_.packing);
}

void Viewer::finish(const std::shared_ptr<const study::Attended>& attended, const ViewerMore& more,
                    std::uint32_t drawn) {
    page_.data(page_facts(plan_, *attended));
    AttendOptions options;
    options.per_head = true;
    if (attended->maps.contains(drawn)) options.drawn = DrawnMap{drawn, std::nullopt, view::Scale::linear};
    view::Document answer = attend(plan_.model, *plan_.spec, attended, options);
    shorten(answer);
    page_.data(attend_of_page(answer));
    leave_out_pairs(answer);
    const auto measured = std::make_shared<const study::MeasuredStates>(
        study::MeasuredStates{attended->tokens, attended->states, attended->numerics, {}});
    if (!attended->states.blocks.empty()) page_.data(states_of_page(plan_.model, measured));
    if (more.roles) page_.data(heads_of_page(plan_.model, *more.roles));
    if (more.roles) add_tables(answer, heads(plan_.model, *plan_.spec, *more.roles, {}), {"classes"});
    if (!attended->states.blocks.empty()) add_tables(answer, states(plan_.model, measured, {}), {"layers", "massive"});
    if (more.lens) {
        page_.data(lens_of_page(plan_.model, *more.lens, more.piece));
        add_people(answer, lens(plan_.model, *more.lens, more.piece));
    }
    if (more.ablations) {
        page_.data(ablations_of_page(plan_.model, *more.ablations, more.target, more.piece));
        add_people(answer, ablate(plan_.model, *more.ablations, {.piece = more.piece}));
    }
    page_.without_program(answer);
    page_.finish();
}

view::Document viewed(const ViewerPlan& plan, const study::Attended& attended, const Viewed& file) {
    std::uint64_t heads = 0;
    for (const auto& [layer, chosen] : plan.heads) heads += chosen.size();
    const double error = view::largest_error(plan.packing);
    view::Document document{.command = "view", .model = plan.model, .findings = attended.findings};
    document.blocks.emplace_back(view::Facts{
        .facts = {{"file", "page", file.path},
                  {"size_bytes", "size", file.bytes, Unit::bytes},
                  {"tokens", "tokens", attended.tokens.size(), Unit::none},
                  {"prompt_tokens", "of the prompt", attended.prompt_tokens},
                  {"layers", "layers", plan.heads.size()},
                  {"heads", "heads", heads},
                  {"weight_bits", "bits of a weight", view::bits_of(plan.packing), Unit::none, view::Show::all,
                   error > 0 ? fmt::format("off by at most {:.1g}; --exact keeps them as they are", error) : "exact"},
                  {"numerics", "", attended.numerics, Unit::none, view::Show::scripts},
                  {"largest_error", "", error, Unit::real, view::Show::scripts}}});
    return document;
}

}  // namespace attnx::report
