#include "support/json_contract.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace attnx::test {
namespace {

using nlohmann::json;
using Segments = std::vector<std::string>;

constexpr Contract kContracts[] = {
    {"help", "name? usage? commands/*/name? commands/*/group? commands/*/summary? options/*/spellings options/*/value "
             "options/*/help options/*/default options/*/choices options/*/required options/*/repeatable"},
    {"values",
     "tensor type shape values/**? count? min? max? mean? standard_deviation? zeros? nans? infinities? histogram/*/from? histogram/*/to? "
     "histogram/*/count? written/path? written/shape?"},
};

constexpr std::string_view kEnvelope = "attnx schema command model/path? model/architecture? model/name? model? result/** findings/*/id "
                                       "findings/*/severity findings/*/message";
constexpr std::string_view kFailure = "attnx schema error/code error/message error/path error/offset";

struct Path {
    Segments segments;
    bool optional = false;
};

Segments split(std::string_view text, char separator) {
    Segments parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        if (end > 0) parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

std::vector<Path> parse(std::string_view paths) {
    std::vector<Path> result;
    for (std::string& text : split(paths, ' ')) {
        Path path;
        path.optional = text.ends_with('?');
        if (path.optional) text.pop_back();
        path.segments = split(text, '/');
        result.push_back(std::move(path));
    }
    return result;
}

std::string joined(const Segments& segments) {
    std::string text;
    for (const std::string& segment : segments) text += (text.empty() ? "" : "/") + segment;
    return text;
}

// Whether `place` lies on the way to `path`, at it, or below its "**".
bool lies_on(const Path& path, const Segments& place) {
    for (std::size_t i = 0; i < place.size(); ++i) {
        if (i == path.segments.size()) return false;
        if (path.segments[i] == "**") return true;
        if (path.segments[i] != "*" && path.segments[i] != place[i]) return false;
    }
    return true;
}

class Check {
public:
    explicit Check(std::string_view paths) : paths_(parse(paths)) {}

    void find_unknown(const json& value, Segments& place) {
        for (auto item = value.begin(); value.is_structured() && item != value.end(); ++item) {
            // Arrays of plain values belong to the path that holds them.
            if (value.is_array() && !item->is_object()) {
                if (item->is_array() && !item->empty() && item->front().is_object()) note("nested array of objects", place);
                continue;
            }
            place.push_back(value.is_array() ? std::to_string(item - value.begin()) : item.key());
            const bool known = std::any_of(paths_.begin(), paths_.end(), [&](const Path& path) { return lies_on(path, place); });
            if (known) find_unknown(*item, place);
            else note("unknown key", place);
            place.pop_back();
        }
    }

    void find_missing(const json& root) {
        for (const Path& path : paths_)
            if (!path.optional) look_for(root, path, 0, "");
    }

    std::vector<std::string> take() { return std::move(violations_); }

private:
    std::vector<Path> paths_;
    std::vector<std::string> violations_;

    void note(const std::string& what, const Segments& place) { violations_.push_back(what + " " + joined(place)); }

    void look_for(const json& value, const Path& path, std::size_t depth, const std::string& place) {
        if (depth == path.segments.size() || path.segments[depth] == "**") return;
        const std::string& segment = path.segments[depth];
        if (segment == "*") {
            for (const json& element : value) look_for(element, path, depth + 1, place + "*/");
        } else if (value.is_object() && value.contains(segment)) {
            look_for(value[segment], path, depth + 1, place + segment + "/");
        } else if (!value.is_null()) {
            violations_.push_back("missing key " + place + segment);
        }
    }
};

std::vector<std::string> violations_of(const json& root, std::string_view paths) {
    Check check(paths);
    Segments place;
    check.find_unknown(root, place);
    check.find_missing(root);
    return check.take();
}

void append(std::vector<std::string>& to, std::vector<std::string> more) { to.insert(to.end(), more.begin(), more.end()); }

}  // namespace

std::span<const Contract> contracts() { return kContracts; }

std::vector<std::string> path_violations(const std::string& json_text, std::string_view paths) {
    return violations_of(json::parse(json_text), paths);
}

std::vector<std::string> contract_violations(const std::string& json_text) {
    const json root = json::parse(json_text);
    if (root.contains("error")) return violations_of(root, kFailure);
    std::vector<std::string> violations = violations_of(root, kEnvelope);
    const std::string command = root.value("command", "");
    const auto* contract = std::find_if(std::begin(kContracts), std::end(kContracts), [&](const Contract& c) { return c.command == command; });
    if (contract == std::end(kContracts)) return {"no contract for command '" + command + "'"};
    const json& result = root.at("result");
    if (!result.contains("rows")) {
        append(violations, violations_of(result, contract->paths));
        return violations;
    }
    if (result.size() != 1) violations.emplace_back("keys beside rows");
    for (const json& row : result["rows"]) append(violations, violations_of(row, contract->paths));
    return violations;
}

}  // namespace attnx::test
