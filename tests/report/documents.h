// Reads facts and tables out of a document, so that a test says what it expects and not where it stands.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "attnx/gguf/file.h"
#include "attnx/model/build.h"
#include "attnx/report/report.h"
#include "attnx/view/outputs.h"
#include "support/gguf_builder.h"

namespace attnx::test {

struct Inspected {
    nlohmann::json result;  // as scripts see it
    std::string table;      // as people do
};

inline Inspected inspected(const gguf::File& file, report::InspectOptions options = {}) {
    const view::Document document = report::inspect(file, model::build_spec(file), options);
    const auto text = [&](const char* format) { return view::text_of(*view::find_output(format), document, {}); };
    return {nlohmann::json::parse(text("json")).at("result"), text("table")};
}

inline Inspected inspected(const GgufBuilder& builder, report::InspectOptions options = {}) {
    const auto bytes = builder.bytes();
    return inspected(gguf::File::from_bytes(bytes, "model.gguf"), options);
}

// What stands behind a label in the table for people, without the blanks between: "GQA"; nothing when it is not there.
inline std::optional<std::string> line_of(const std::string& table, const std::string& label) {
    std::size_t begin = 0;
    while (begin < table.size()) {
        const std::size_t end = std::min(table.find('\n', begin), table.size());
        std::string line = table.substr(begin, end - begin);
        if (line.starts_with("  " + label + "  ")) return line.substr(line.find_first_not_of(' ', label.size() + 2));
        begin = end + 1;
    }
    return std::nullopt;
}

}  // namespace attnx::test
