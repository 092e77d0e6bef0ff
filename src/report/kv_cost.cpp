#include <fmt/format.h>

#include <algorithm>

#include "attnx/base/units.h"
#include "attnx/gguf/tensor_type.h"
#include "attnx/model/reference.h"
#include "attnx/report/report.h"
#include "exactness.h"

namespace attnx::report {
namespace {

using analysis::KvCost;
using view::Cell;
using view::Show;
using view::Unit;

double factor(const KvCost& cost) {
    return cost.total_bytes == 0 ? 0.0 : static_cast<double>(cost.naive_bytes) / static_cast<double>(cost.total_bytes);
}

std::string_view configuration(bool as_server) { return as_server ? "server" : "library"; }

std::string_view type_name(gguf::TensorType type) { return gguf::row(type).name; }

// The JSON of one cost, under `path` ("" or "rows/3/").
void add_facts(std::vector<view::Block>& blocks, const model::ModelSpec& spec, const KvCost& cost,
               const std::string& path, Show show, bool as_server) {
    view::Facts facts{"", {}, show};
    auto add = [&](const char* key, const char* label, Cell value, Unit unit = Unit::none, std::string remark = "",
                   Show who = Show::all) {
        facts.facts.push_back({path + key, label, std::move(value), unit, who, std::move(remark)});
    };
    add("configuration_from", "", configuration(as_server), Unit::none, "", Show::scripts);
    add("context_requested", "", cost.params.context, Unit::none, "", Show::scripts);
    add("context_allocated", "context", cost.context_allocated, Unit::none,
        cost.params.context == 0 ? "tokens, as trained"
        : cost.context_allocated == cost.params.context
            ? "tokens"
            : fmt::format("tokens; {} asked for", format_grouped(cost.params.context)));
    add("context_per_sequence", "per sequence", cost.context_per_sequence, Unit::none, "tokens",
        cost.params.parallel > 1 ? Show::all : Show::scripts);
    add("parallel", "sequences", cost.params.parallel, Unit::none, "",
        cost.params.parallel > 1 ? Show::all : Show::scripts);
    add("cache_type_k", "", type_name(cost.params.type_k), Unit::none, "", Show::scripts);
    add("cache_type_v", "", type_name(cost.params.type_v), Unit::none, "", Show::scripts);
    add("flash_attn", "", cost.flash_attention, Unit::none, "", Show::scripts);
    add("batch", "", cost.batch, Unit::none, "", Show::scripts);
    add("ubatch", "", cost.ubatch, Unit::none, "", Show::scripts);
    add("swa_full", "", cost.params.swa_full, Unit::none, "", Show::scripts);
    add("kv_unified", "unified", cost.params.unified, Unit::none, "", as_server ? Show::all : Show::scripts);
    add("state_snapshots", "", cost.params.state_snapshots, Unit::none, "", Show::scripts);
    add("mtp", "", cost.params.mtp, Unit::none, "", Show::scripts);
    add("total_bytes", "KV cache", cost.total_bytes, Unit::bytes,
        fmt::format("{} bytes, {}", format_grouped(cost.total_bytes), exactness(spec)));
    const bool off = cost.total_bytes != 0 && cost.naive_bytes != cost.total_bytes;
    add("naive_bytes", "usual formula", cost.naive_bytes, Unit::bytes,
        off ? fmt::format("{:.2f}× that", factor(cost)) : "");
    add("naive_factor", "", cost.total_bytes == 0 ? Cell() : Cell(factor(cost)), Unit::none, "", Show::scripts);
    add("bytes_per_token", "per token", analysis::further_token_bytes(spec, cost.params), Unit::real,
        "bytes, each further token");
    add_exactness(facts, spec, path);
    blocks.emplace_back(std::move(facts));

    const bool rotated =
        std::ranges::any_of(cost.caches, [](const analysis::CacheCost& cache) { return cache.rotation_bytes > 0; });
    view::Table caches;
    caches.id = path + "caches";
    caches.title = "Caches";
    caches.show = show;
    caches.columns = {{"kind", "kind", Unit::none, Show::scripts},
                      {"label", "cache"},
                      {"layers", "layers"},
                      {"cells", "cells"},
                      {"streams", "streams"},
                      {"k_bytes", "K", Unit::bytes},
                      {"v_bytes", "V", Unit::bytes},
                      {"state_bytes", "state", Unit::bytes},
                      {"rotation_bytes", "rotation", Unit::bytes, rotated ? Show::all : Show::scripts}};
    for (const analysis::CacheCost& cache : cost.caches)
        caches.rows.push_back(
            {to_string(cache.kind), cache.label.empty() ? Cell(to_string(cache.kind)) : Cell(cache.label), cache.layers,
             cache.cells, cache.streams, cache.key_bytes, cache.value_bytes, cache.state_bytes, cache.rotation_bytes});
    if (caches.rows.empty() && show == Show::all) caches.show = Show::scripts;
    blocks.emplace_back(std::move(caches));

    view::Table layers;
    layers.id = path + "layers";
    layers.show = Show::scripts;
    layers.columns = {{"layer", "layer"},
                      {"k_bytes", "K", Unit::bytes},
                      {"v_bytes", "V", Unit::bytes},
                      {"state_bytes", "state", Unit::bytes},
                      {"rotation_bytes", "rotation", Unit::bytes}};
    for (const analysis::LayerCost& layer : cost.layers)
        layers.rows.push_back(
            {layer.layer, layer.key_bytes, layer.value_bytes, layer.state_bytes, layer.rotation_bytes});
    blocks.emplace_back(std::move(layers));
}

std::string kinds_text(const analysis::HostMemory& host) {
    std::string text;
    for (const analysis::CheckpointPart& part : host.kinds)
        if (part.kind != "bookkeeping")
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", format_bytes(part.bytes), part.kind);
    return text;
}

// What llama-server keeps beside the caches, under `path`.
void add_host(std::vector<view::Block>& blocks, const analysis::HostMemory& host, const ServerAnswer& server,
              const std::string& path, Show show) {
    view::Facts facts{fmt::format("Main memory of llama-server {}, at most", model::kLlamaCppBuild), {}, show};
    const auto add = [&](const char* key, const char* label, Cell value, Unit unit, std::string remark, Show who) {
        facts.facts.push_back({path + "host_memory/" + key, label, std::move(value), unit, who, std::move(remark)});
    };
    const Show any = host.checkpoints > 0 ? Show::all : Show::scripts;
    const std::string_view none = server.params.checkpoints == 0 ? "switched off" : "everything can be rolled back";
    add("checkpoints", "context checkpoints", host.checkpoints, Unit::none,
        host.checkpoints == 0 ? std::string(none) : fmt::format("{} for each slot", server.params.checkpoints),
        Show::all);
    add("checkpoint_bytes", "one of them", host.checkpoint_bytes, Unit::bytes, kinds_text(host), any);
    add("checkpoints_bytes", "all of them", host.checkpoints_bytes, Unit::bytes, "", any);
    add("prompt_cache_bytes", "prompt cache", host.prompt_cache_bytes, Unit::bytes,
        !host.prompt_cache_bytes        ? "no limit"
        : *host.prompt_cache_bytes == 0 ? "switched off"
                                        : "",
        Show::all);
    add("prompt_state_bytes", "a prompt in it", host.prompt_state_bytes, Unit::bytes,
        "one that fills a slot, without its checkpoints", host.prompt_state_bytes ? Show::all : Show::scripts);
    blocks.emplace_back(std::move(facts));
    view::Table kinds;
    kinds.id = path + "host_memory/kinds";
    kinds.show = Show::scripts;
    kinds.columns = {{"kind", "kind"}, {"bytes", "bytes", Unit::bytes}};
    for (const analysis::CheckpointPart& part : host.kinds) kinds.rows.push_back({part.kind, part.bytes});
    blocks.emplace_back(std::move(kinds));
}

std::string types_text(const analysis::ContextParams& params) {
    const auto k = type_name(params.type_k), v = type_name(params.type_v);
    return k == v ? std::string(k) : fmt::format("{} / {}", k, v);
}

view::Table summary_table(std::span<const KvCost> costs) {
    view::Table table;
    table.title = "KV cache";
    table.show = Show::people;
    table.columns = {{"context", "context"},
                     {"types", "K / V type"},
                     {"total_bytes", "KV cache", Unit::bytes},
                     {"bytes", "bytes"},
                     {"naive_bytes", "usual formula", Unit::bytes},
                     {"factor", "factor", Unit::ratio}};
    for (const KvCost& cost : costs)
        table.rows.push_back({cost.context_allocated, types_text(cost.params), cost.total_bytes, cost.total_bytes,
                              cost.naive_bytes, cost.total_bytes == 0 ? Cell() : Cell(factor(cost))});
    return table;
}

view::Document start(const std::optional<view::ModelRef>& model, const model::ModelSpec& spec) {
    view::Document document;
    document.command = "kv-cost";
    document.model = model;
    document.findings = spec.findings;
    return document;
}

}  // namespace

view::Document kv_cost(const std::optional<view::ModelRef>& model, const model::ModelSpec& spec,
                       std::span<const KvCost> costs, const ServerAnswer& server) {
    view::Document document = start(model, spec);
    if (costs.size() == 1) {
        add_facts(document.blocks, spec, costs.front(), "", Show::all, server.asked);
        if (server.asked) add_host(document.blocks, server.host.front(), server, "", Show::all);
        if (server.bytes_if_asked)
            document.blocks.emplace_back(
                view::Note{fmt::format("llama-server starts with four slots in one unified cache: {}; see --as-server.",
                                       format_bytes(*server.bytes_if_asked))});
        document.csv_table = "caches";
        return document;
    }
    document.blocks.emplace_back(summary_table(costs));
    document.blocks.emplace_back(view::Note{"Each figure is " + exactness(spec) + "."});
    for (std::size_t i = 0; i < costs.size(); ++i) {
        const std::string path = fmt::format("rows/{}/", i);
        add_facts(document.blocks, spec, costs[i], path, Show::scripts, server.asked);
        if (server.asked) add_host(document.blocks, server.host[i], server, path, Show::scripts);
    }
    return document;
}

view::Document kv_budget(const std::optional<view::ModelRef>& model, const model::ModelSpec& spec,
                         const BudgetAnswer& answer) {
    view::Document document = start(model, spec);
    view::Facts facts{"", {}, Show::all};
    facts.facts.push_back({"budget_bytes", "budget", answer.budget_bytes, Unit::bytes, Show::all, ""});
    facts.facts.push_back({"weight_bytes", "weights", answer.weight_bytes, Unit::bytes,
                           answer.weight_bytes == 0 ? Show::scripts : Show::all, "taken off the budget"});
    facts.facts.push_back({"configuration_from", "", configuration(answer.as_server), Unit::none, Show::scripts, ""});
    add_exactness(facts, spec, "");
    document.blocks.emplace_back(std::move(facts));
    view::Table table;
    table.title = "Largest context that fits";
    table.id = "rows";
    table.columns = {{"cache_type_k", "K type"},
                     {"cache_type_v", "V type"},
                     {"parallel", "sequences"},
                     {"context", "context"},
                     {"context_trained", "", Unit::none, Show::scripts},
                     {"of_trained", "of trained", Unit::ratio, Show::people},
                     {"total_bytes", "KV cache", Unit::bytes},
                     {"left_bytes", "left", Unit::bytes}};
    for (const BudgetRow& row : answer.rows) {
        const std::uint64_t left = answer.budget_bytes - std::min(answer.budget_bytes, answer.weight_bytes);
        table.rows.push_back(
            {type_name(row.params.type_k), type_name(row.params.type_v), row.params.parallel,
             row.cost ? Cell(row.cost->context_allocated) : Cell(), spec.context_length,
             row.cost && spec.context_length > 0 ? Cell(double(row.cost->context_allocated) / spec.context_length)
                                                 : Cell(),
             row.cost ? Cell(row.cost->total_bytes) : Cell(), row.cost ? Cell(left - row.cost->total_bytes) : Cell()});
    }
    document.csv_table = "rows";
    document.blocks.emplace_back(std::move(table));
    document.blocks.emplace_back(view::Note{fmt::format(
        "The KV cache is {}. More than the trained context wants rope scaling to be of use. Compute buffers, which depend on the "
        "backend, are not included.",
        exactness(spec))});
    return document;
}

}  // namespace attnx::report
