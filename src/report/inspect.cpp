#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "attnx/analysis/kv_cost.h"
#include "attnx/base/checked.h"
#include "attnx/base/units.h"
#include "attnx/report/report.h"
#include "cells.h"
#include "exactness.h"
#include "fields.h"
#include "inspect_parts.h"
#include "layers.h"

namespace attnx::report {
namespace {

using model::ModelSpec;
using view::Cell;
using view::Show;
using view::Unit;

// What a context of the trained length costs; nothing where llama.cpp would refuse.
std::optional<analysis::KvCost> cost_as_trained(const ModelSpec& spec) {
    try {
        return analysis::kv_cost(spec, {});
    } catch (const Error& error) {
        if (error.code() == ErrorCode::refused || error.code() == ErrorCode::overflow) return std::nullopt;
        throw;
    }
}

view::Facts memory_facts(const ModelSpec& spec) {
    view::Facts facts{"KV cache", {}, Show::all};
    const double slope = analysis::further_token_bytes(spec, {});
    const Cell further = std::isnan(slope) ? Cell() : Cell(static_cast<std::uint64_t>(std::llround(slope)));
    const std::uint64_t at_first = analysis::kv_bytes_per_token_short(spec);
    const auto reason = analysis::estimate_reason(spec);
    const bool windowed = !std::isnan(slope) && slope != static_cast<double>(at_first);
    std::string per_token = reason ? "f16, an estimate" : "f16";
    if (windowed) per_token += fmt::format("; {} before the windows are full", format_bytes(at_first));
    if (std::isnan(slope)) per_token = reason.value_or("");
    facts.facts.push_back({"kv_bytes_per_token", "per token", further, Unit::bytes, Show::all, per_token});
    facts.facts.push_back({"kv_bytes_per_token_short", "", at_first, Unit::bytes, Show::scripts, ""});
    add_exactness(facts, spec, "");
    if (const auto cost = cost_as_trained(spec)) {
        std::string remark = cost->total_bytes == 0 ? "no cache is kept" : reason ? "an estimate" : exactness(spec);
        if (cost->total_bytes != 0 && cost->naive_bytes != cost->total_bytes)
            remark += fmt::format("; usual calculators say {}", format_bytes(cost->naive_bytes));
        facts.facts.push_back({"", fmt::format("at {} tokens", format_grouped(cost->context_allocated)),
                               cost->total_bytes, Unit::bytes, Show::people, remark});
    }
    return facts;
}

view::Facts file_facts(const gguf::File& file) {
    const gguf::Header& header = file.header();
    std::uint64_t tensors = 0, keys = 0;
    for (const gguf::Shard& shard : file.shards()) tensors += shard.header.tensor_count;
    keys = header.metadata_count;
    view::Facts facts{"File", {}, Show::all};
    auto add = [&](std::string id, std::string label, Cell value, Unit unit, Show show) {
        facts.facts.push_back({std::move(id), std::move(label), std::move(value), unit, show, ""});
    };
    const bool little = header.layout.order == std::endian::little;
    const std::string shards = file.shards().size() == 1 ? "" : ", " + count_of(file.shards().size(), "part");
    add("", "contents",
        fmt::format("GGUF version {}, {}-endian{}: {}, {}", header.version, little ? "little" : "big", shards,
                    count_of(tensors, "tensor"), count_of(keys, "key")),
        Unit::none, Show::people);
    add("file/path", "", file.path(), Unit::none, Show::scripts);
    add("file/size_bytes", "size", file.size_bytes(), Unit::bytes, Show::all);
    add("file/gguf_version", "", header.version, Unit::none, Show::scripts);
    add("file/byte_order", "", little ? "little" : "big", Unit::none, Show::scripts);
    add("file/alignment", "", header.alignment, Unit::none, Show::scripts);
    add("file/tensor_count", "", tensors, Unit::none, Show::scripts);
    add("file/metadata_count", "", keys, Unit::none, Show::scripts);
    add("file/data_offset", "", header.data_offset, Unit::none, Show::scripts);
    add("file/shards", "", static_cast<std::uint64_t>(file.shards().size()), Unit::none, Show::scripts);
    return facts;
}

view::Table quantization_table(const gguf::File& file) {
    struct Sum {
        std::uint64_t tensors = 0, parameters = 0;
        std::optional<std::uint64_t> bytes = 0;  // nothing: one's size is unknown
    };
    std::map<std::string, Sum> sums;
    for (const gguf::TensorInfo& info : file.tensors()) {
        Sum& sum = sums[info.type ? std::string(info.type->name) : fmt::format("type {}", info.type_id)];
        ++sum.tensors;
        sum.parameters += info.elements;
        sum.bytes = info.bytes && sum.bytes ? checked_add(*sum.bytes, *info.bytes) : std::nullopt;
    }
    std::vector<std::pair<std::string, Sum>> rows(sums.begin(), sums.end());
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return a.second.bytes > b.second.bytes; });
    view::Table table;
    table.id = "quantization";
    table.title = "Quantisation";
    table.show = rows.empty() ? Show::scripts : Show::all;
    table.columns = {{"type", "type"},
                     {"tensors", "tensors"},
                     {"parameters", "parameters", Unit::count},
                     {"bytes", "size", Unit::bytes}};
    for (const auto& [name, sum] : rows) table.rows.push_back({name, sum.tensors, sum.parameters, sum.bytes});
    return table;
}

view::Table provenance_table(const ModelSpec& spec) {
    view::Table table;
    table.id = "provenance";
    table.title = "Where each fact comes from";
    table.columns = {{"field", "fact"}, {"value", "value"}, {"source", "source"}, {"detail", "detail"}};
    for (const model::Fact& fact : spec.provenance)
        table.rows.push_back({fact.field, fact.value, to_string(fact.source), fact.detail});
    return table;
}

}  // namespace

std::string matrix_types(const gguf::File& file) {
    std::set<std::string_view> types;
    for (const gguf::TensorInfo& info : file.tensors())
        if (info.type && info.dimension_count > 1) types.insert(info.type->name);
    return fmt::format("{}", fmt::join(types, ", "));
}

view::ModelRef model_ref(const gguf::File& file, const ModelSpec& spec) {
    return {file.path(), spec.architecture, spec.name, quantization_name(file)};
}

view::ModelRef model_ref(const gguf::File& file) {
    const auto text = [&](std::string_view key) {
        const gguf::Value* value = file.metadata().find(key);
        return value == nullptr ? std::nullopt : value->as<std::string_view>();
    };
    const auto name = text("general.name");
    return {file.path(), std::string(text("general.architecture").value_or("")),
            name ? std::optional(std::string(*name)) : std::nullopt};
}

view::Document inspect(const gguf::File& file, const analysis::KindOfFile& is) {
    view::Document document;
    document.command = "inspect";
    document.model = model_ref(file);
    document.csv_table = "quantization";
    std::uint64_t parameters = 0;
    for (const gguf::TensorInfo& info : file.tensors())
        parameters = checked_add(parameters, info.elements).value_or(parameters);
    view::Table quantization = quantization_table(file);
    std::vector<std::string> types;
    for (const auto& row : quantization.rows) types.push_back(std::get<std::string>(row.front().value));
    const auto bytes = gguf::bytes_of(file.tensors());
    document.blocks.emplace_back(view::Note{fmt::format(
        "{} is {} ({}): {}, {} parameters, {}{}{}.", file.path(), phrase(is.kind), is.because,
        count_of(file.tensors().size(), "tensor"), format_count(parameters),
        bytes ? format_bytes(*bytes) : "of unknown size", types.empty() ? "" : ", ", fmt::join(types, ", "))});
    document.blocks.emplace_back(view::Facts{"",
                                             {{"kind", "", to_string(is.kind), Unit::none, Show::scripts, ""},
                                              {"kind_reason", "", is.because, Unit::none, Show::scripts, ""},
                                              {"parameter_count", "", parameters, Unit::none, Show::scripts, ""}},
                                             Show::scripts});
    view::Facts facts = file_facts(file);
    facts.show = Show::scripts;
    document.blocks.emplace_back(std::move(facts));
    quantization.show = Show::scripts;
    document.blocks.emplace_back(std::move(quantization));
    document.findings = file.findings();
    return document;
}

view::Document inspect(const gguf::File& file, const ModelSpec& spec, InspectOptions options) {
    view::Document document;
    document.command = "inspect";
    document.model = model_ref(file, spec);
    document.csv_table = "layers";
    SpecFacts fields(spec);
    document.blocks.emplace_back(model_facts(file, spec, fields));
    document.blocks.emplace_back(attention_facts(spec, fields));
    document.blocks.emplace_back(memory_facts(spec));
    document.blocks.emplace_back(std::move(fields).rest());
    document.blocks.emplace_back(file_facts(file));
    document.blocks.emplace_back(quantization_table(file));
    if (options.layers) document.blocks.emplace_back(folded_layers(spec));
    document.blocks.emplace_back(layer_table(spec));
    for (view::Block& block : plan_blocks(spec.memory, "memory_plan")) document.blocks.push_back(std::move(block));
    if (spec.memory_mtp)
        for (view::Block& block : plan_blocks(*spec.memory_mtp, "memory_plan_mtp"))
            document.blocks.push_back(std::move(block));
    const model::ComputePlan compute = model::build_compute_plan(spec, file.tensors());
    for (view::Block& block : plan_blocks(compute, "compute_plan")) document.blocks.push_back(std::move(block));
    if (options.explain) document.blocks.emplace_back(provenance_table(spec));
    document.findings = file.findings();
    append(document.findings, spec.findings);
    return document;
}

}  // namespace attnx::report
