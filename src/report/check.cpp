#include <fmt/format.h>

#include "attnx/base/text.h"
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

}  // namespace

view::Document check(std::span<const CheckResult> results) {
    view::Document document;
    document.command = "check";
    view::Table files;
    files.id = "files";
    files.columns = {{"path", "file"}, {"verdict", "verdict"}, {"architecture", "architecture"}, {"size_bytes", "size", Unit::bytes},
                     {"errors", "errors"}, {"warnings", "warnings"}, {"error_code", "", Unit::none, Show::scripts},
                     {"error", "", Unit::none, Show::scripts}};
    for (const CheckResult& result : results) {
        const bool read = !result.error;
        files.rows.push_back({result.path, verdict(result), read ? Cell(result.architecture) : Cell(),
                              read ? Cell(result.size_bytes) : Cell(), read ? Cell(result.count(Severity::error)) : Cell(),
                              read ? Cell(result.count(Severity::warning)) : Cell(),
                              read ? Cell() : Cell(slug(result.error->code())), read ? Cell() : Cell(result.error->what())});
    }
    document.blocks.emplace_back(std::move(files));
    document.csv_table = "files";
    for (std::size_t i = 0; i < results.size(); ++i) {
        const CheckResult& result = results[i];
        const bool alone = results.size() == 1;
        if (!result.error)
            document.blocks.emplace_back(region_table(result, fmt::format("files/{}/regions", i), alone ? Show::all : Show::scripts));
        for (const Finding& finding : result.findings)
            document.findings.push_back({finding.id, alone ? finding.message
                                                           : fmt::format("{}: {}", printable(result.path), finding.message)});
    }
    return document;
}

}  // namespace attnx::report
