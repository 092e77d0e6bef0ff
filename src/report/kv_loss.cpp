#include "attnx/report/kv_loss.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "attnx/gguf/tensor_type.h"
#include "attnx/report/attend.h"

namespace attnx::report {

using study::CacheLoss;
using study::KvLoss;
using view::Cell;
using view::Show;
using view::Unit;

namespace {

std::string_view cache_type_name(gguf::TensorType type) { return gguf::row(type).name; }

// "q8_0", or "q8_0 / q4_0" for K and V.
std::string pair_name(const study::CachePair& types) {
    if (types.keys == types.values) return std::string(cache_type_name(types.keys));
    return fmt::format("{} / {}", cache_type_name(types.keys), cache_type_name(types.values));
}

std::string_view other_way(const KvLoss& loss) { return loss.flash_attention ? "off" : "on"; }

view::Facts reference(const KvLoss& loss) {
    view::Facts facts;
    const auto add = [&](const char* id, const char* label, Cell value, Unit unit, Show show, std::string remark = {}) {
        facts.facts.push_back({id, label, std::move(value), unit, show, std::move(remark)});
    };
    const study::CachePair f16;
    add("reference/cache_type_k", "", cache_type_name(f16.keys), Unit::none, Show::scripts);
    add("reference/cache_type_v", "", cache_type_name(f16.values), Unit::none, Show::scripts);
    add("reference/bytes", "f16 cache", loss.reference_bytes, Unit::bytes, Show::all,
        fmt::format("flash attention {}", loss.flash_attention ? "on" : "off"));
    add("reference/loss", "loss", Cell(loss.loss), Unit::real, loss.loss ? Show::all : Show::scripts,
        "mean of −log p of the text's own next tokens, nats");
    add("flash_attn", "", loss.flash_attention, Unit::none, Show::scripts);
    const bool some = loss.cached_layers < loss.layers;
    add("cached_layers", "layers with a cache", loss.cached_layers, Unit::id, some ? Show::all : Show::scripts,
        fmt::format("of {}; the others keep nothing that these types round", loss.layers));
    return facts;
}

view::Facts noise_facts(const KvLoss& loss) {
    view::Facts facts{.show = Show::scripts};
    const auto add = [&](const char* id, Cell value, Unit unit) {
        facts.facts.push_back({.id = id, .value = std::move(value), .unit = unit});
    };
    if (!loss.noise) {
        add("noise", Cell(), Unit::none);
        return facts;
    }
    add("noise/flash_attn", !loss.flash_attention, Unit::none);
    add("noise/kl_mean", loss.noise->kl_mean, Unit::real);
    add("noise/kl_p99", loss.noise->kl_p99, Unit::real);
    add("noise/kl_max", loss.noise->kl_max, Unit::real);
    add("noise/top1_agreement", loss.noise->top1_agreement, Unit::percent);
    add("noise/loss", Cell(loss.noise->loss), Unit::real);
    add("noise/loss_change", Cell(loss.noise->loss_change), Unit::real);
    add("noise/attention_js_mean", loss.noise->attention_js_mean, Unit::real);
    return facts;
}

// How far it is away, measured by the noise.
std::string beside_noise(const KvLoss& loss, const CacheLoss& row) {
    if (!loss.noise) return {};
    if (row.at_noise_floor) return "at its floor";
    constexpr double kFar = 1000;
    const bool comparable = row.kl_mean <= kFar * loss.noise->kl_mean;
    return comparable ? fmt::format("{:.1f}× that", row.kl_mean / loss.noise->kl_mean) : "far above it";
}

std::vector<Cell> row_of(const CacheLoss& row, std::string name, std::string noise) {
    return {std::move(name),
            cache_type_name(row.types.keys),
            cache_type_name(row.types.values),
            row.bytes,
            row.kl_mean,
            row.kl_p99,
            row.kl_max,
            row.top1_agreement,
            Cell(row.loss),
            Cell(row.loss_change),
            row.attention_js_mean,
            row.worst.layer,
            row.worst.head,
            row.worst.js,
            row.at_noise_floor,
            std::move(noise)};
}

view::Table losses(const KvLoss& loss, Show show) {
    view::Table table{.id = show == Show::scripts ? "rows" : "", .show = show};
    const bool hides_noise = show == Show::people && !loss.noise;
    table.columns = {{"cache", "K / V", Unit::none, Show::people},
                     {"cache_type_k", "", Unit::none, Show::scripts},
                     {"cache_type_v", "", Unit::none, Show::scripts},
                     {"bytes", "bytes", Unit::bytes},
                     {"kl_mean", "KL, mean", Unit::real},
                     {"kl_p99", "99 %", Unit::real},
                     {"kl_max", "", Unit::real, Show::scripts},
                     {"top1_agreement", "same next", Unit::percent},
                     {"loss", "", Unit::real, Show::scripts},
                     {"loss_change", "loss", Unit::real, loss.loss ? Show::all : Show::scripts},
                     {"attention_js_mean", "attention, JS", Unit::real},
                     {"worst/layer", "worst layer", Unit::id},
                     {"worst/head", "head", Unit::id},
                     {"worst/js", "JS", Unit::real},
                     {"at_noise_floor", "", Unit::none, Show::scripts},
                     {"beside_noise", "noise", Unit::none, hides_noise ? Show::scripts : Show::people}};
    for (const CacheLoss& row : loss.rows)
        table.rows.push_back(row_of(row, pair_name(row.types), beside_noise(loss, row)));
    return table;
}

// With the noise above the types.
view::Table losses_for_people(const KvLoss& loss) {
    view::Table table = losses(loss, Show::people);
    table.title = "What a smaller cache costs, against f16";
    if (!loss.noise) return table;
    table.rows.insert(table.rows.begin(),
                      row_of(*loss.noise, fmt::format("f16, flash attention {}", other_way(loss)), "is this"));
    return table;
}

std::string meaning(const KvLoss& loss) {
    std::string text =
        "KL(f16 ‖ this cache) in nats over tokens, of what comes next: 0 where nothing changes. same next: tokens after "
        "which the likeliest is the same. loss: how much it grows. JS: how differently a head attends, 0 to ln 2. ";
    if (!loss.noise)
        return text +
               "There is no second right way to compute this model here, so no noise beside which a type could "
               "be seen.";
    std::vector<std::string> lost;
    for (const CacheLoss& row : loss.rows)
        if (row.at_noise_floor) lost.push_back(pair_name(row.types));
    text += fmt::format(
        "The noise is what flash attention {} instead of {} changes with the same f16 cache: two right ways to compute "
        "are so far apart. ",
        other_way(loss), loss.flash_attention ? "on" : "off");
    if (lost.empty()) return text + "No type here is at that floor.";
    return text + fmt::format("What {} cost{} cannot be told from it (at most {} times as far).", fmt::join(lost, ", "),
                              lost.size() == 1 ? "s" : "", study::kNoise);
}

view::Table evictions(const KvLoss& loss) {
    view::Table table{.id = "eviction", .title = "What a cache would forget that keeps the first tokens and the last"};
    table.columns = {{"sinks", "first", Unit::id},
                     {"window", "last", Unit::id},
                     {"kept_share", "kept at the end", Unit::percent},
                     {"mass_lost_mean", "attention lost", Unit::percent},
                     {"worst/layer", "worst layer", Unit::id},
                     {"worst/head", "head", Unit::id},
                     {"worst/mass_lost", "lost", Unit::percent}};
    for (const analysis::Eviction& row : loss.eviction)
        table.rows.push_back({row.sinks, row.window, row.kept_share, row.mass_lost_mean, row.worst.layer,
                              row.worst.head, row.worst.mass_lost});
    return table;
}

}  // namespace

view::Document kv_loss(const view::ModelRef& model, const KvLoss& loss) {
    view::Document document;
    document.command = "kv-loss";
    document.model = model;
    document.csv_table = "rows";
    document.findings = loss.findings;
    document.blocks.emplace_back(numerics_fact(loss.numerics));
    document.blocks.emplace_back(token_table(loss.tokens));
    document.blocks.emplace_back(reference(loss));
    document.blocks.emplace_back(noise_facts(loss));
    document.blocks.emplace_back(losses(loss, Show::scripts));
    document.blocks.emplace_back(losses_for_people(loss));
    document.blocks.emplace_back(view::Note{meaning(loss)});
    document.blocks.emplace_back(evictions(loss));
    document.blocks.emplace_back(view::Note{
        "attention lost: weight on keys that would be gone, mean over heads and queries; worst: the head that would "
        "lose most. Read off the whole text's attention, as if everything before had been computed with all keys."});
    return document;
}

}  // namespace attnx::report
