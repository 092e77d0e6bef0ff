#include <fmt/format.h>

#include <algorithm>

#include "attnx/base/text.h"
#include "attnx/model/reference.h"
#include "attnx/report/report.h"

namespace attnx::report {
namespace {

using analysis::CheckResult;
using view::Cell;
using view::Show;
using view::Unit;

view::Table region_table(const CheckResult& result, const std::string& id, Show show) {
    view::Table table;
    table.id = id;
    table.title = "Every byte of the file";
    table.show = show;
    table.columns = {{"region", "region"}, {"extents", "pieces"}, {"bytes", "bytes"}};
    std::uint64_t total = 0;
    for (const analysis::RegionBytes& region : result.regions) {
        table.rows.push_back({to_string(region.region), region.extents, region.bytes});
        total += region.bytes;
    }
    table.footer = {"total", Cell(), total};
    return table;
}

std::string verdict(const CheckResult& result) {
    if (result.error) return "unreadable";
    if (!result.whole()) return "errors";
    return result.count(Severity::warning) > 0 ? "usable, with warnings" : "whole";
}

std::string loads_text(const CheckResult& result) {
    const auto loads = result.verdict.loads;
    if (!loads) return result.error || may_have_layers(result.is.kind) ? "unknown" : "–";
    return *loads ? "loads" : "refuses";
}

bool all_models(std::span<const CheckResult> results) {
    return std::ranges::all_of(
        results, [](const CheckResult& result) { return result.error || result.is.kind == analysis::FileKind::model; });
}

// What a file is that holds no model, so that nobody wonders what was checked.
void add_kind(std::vector<view::Block>& blocks, const CheckResult& result) {
    if (result.error || result.is.kind == analysis::FileKind::model) return;
    blocks.emplace_back(
        view::Note{fmt::format("{} is {}: {}.", result.path, phrase(result.is.kind), result.is.because)});
}

// `refusal` of one file: null or an object. For people, why.
void add_refusal(std::vector<view::Block>& blocks, const CheckResult& result, std::size_t index) {
    const std::string path = fmt::format("files/{}/refusal", index);
    const auto& refusal = result.verdict.refusal;
    view::Facts facts{"", {}, Show::scripts};
    if (!refusal) {
        facts.facts.push_back({path, "", Cell(), Unit::none, Show::scripts, ""});
    } else {
        facts.facts.push_back({path + "/message", "", refusal->message, Unit::none, Show::scripts, ""});
        facts.facts.push_back({path + "/name", "", refusal->name, Unit::none, Show::scripts, ""});
        blocks.emplace_back(view::Note{
            fmt::format("llama.cpp ({}) refuses {}: {}", model::kLlamaCppBuild, result.path, refusal->message)});
    }
    blocks.emplace_back(std::move(facts));
}

// `data` of one file, where the numbers were read.
void add_data(std::vector<view::Block>& blocks, const CheckResult& result, std::size_t index) {
    if (!result.data) return;
    const std::string path = fmt::format("files/{}/data/", index);
    view::Facts facts{"", {}, Show::scripts};
    facts.facts.push_back({path + "tensors", "", result.data->tensors, Unit::none, Show::scripts, ""});
    facts.facts.push_back({path + "bytes", "", result.data->bytes, Unit::none, Show::scripts, ""});
    facts.facts.push_back({path + "unread", "", result.data->unread, Unit::none, Show::scripts, ""});
    facts.facts.push_back({path + "invalid", "", result.data->invalid, Unit::none, Show::scripts, ""});
    blocks.emplace_back(std::move(facts));
    blocks.emplace_back(view::Note{result.data->invalid == 0
                                       ? fmt::format("The numbers of {} tensors of {} were read; all are finite.",
                                                     result.data->tensors, result.path)
                                       : fmt::format("{} of {} tensors of {} hold numbers that are none.",
                                                     result.data->invalid, result.data->tensors, result.path)});
}

}  // namespace

view::Document check(std::span<const CheckResult> results) {
    view::Document document;
    document.command = "check";
    view::Table files;
    files.id = "files";
    files.columns = {{"path", "file"},
                     {"verdict", "verdict"},
                     {"kind", "kind", Unit::none, all_models(results) ? Show::scripts : Show::all},
                     {"architecture", "architecture"},
                     {"size_bytes", "size", Unit::bytes},
                     {"errors", "errors"},
                     {"warnings", "warnings"},
                     {"loads", "", Unit::none, Show::scripts},
                     {"llama_cpp", "llama.cpp", Unit::none, Show::people},
                     {"error_code", "", Unit::none, Show::scripts},
                     {"error", "", Unit::none, Show::scripts}};
    for (const CheckResult& result : results) {
        const bool read = !result.error;
        files.rows.push_back(
            {result.path, verdict(result), read ? Cell(to_string(result.is.kind)) : Cell(),
             read && !result.architecture.empty() ? Cell(result.architecture) : Cell(),
             read ? Cell(result.size_bytes) : Cell(), read ? Cell(result.count(Severity::error)) : Cell(),
             read ? Cell(result.count(Severity::warning)) : Cell(), result.verdict.loads, loads_text(result),
             read ? Cell() : Cell(slug(result.error->code())), read ? Cell() : Cell(result.error->what())});
    }
    document.blocks.emplace_back(std::move(files));
    document.csv_table = "files";
    document.blocks.emplace_back(
        view::Facts{"",
                    {{"llama_cpp_build", "", std::string(model::kLlamaCppBuild), Unit::none, Show::scripts, ""}},
                    Show::scripts});
    for (std::size_t i = 0; i < results.size(); ++i) {
        const CheckResult& result = results[i];
        const bool alone = results.size() == 1;
        add_kind(document.blocks, result);
        add_refusal(document.blocks, result, i);
        add_data(document.blocks, result, i);
        if (!result.error)
            document.blocks.emplace_back(
                region_table(result, fmt::format("files/{}/regions", i), alone ? Show::all : Show::scripts));
        for (const Finding& finding : result.findings)
            document.findings.push_back(
                {finding.id, alone ? finding.message : fmt::format("{}: {}", printable(result.path), finding.message)});
    }
    return document;
}

}  // namespace attnx::report
