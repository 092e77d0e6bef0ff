#include "support/load_cases.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "attnx/base/error.h"
#include "attnx/model/build.h"
#include "support/golden.h"
#include "support/golden_model.h"
#include "support/read_json.h"

namespace attnx::test {
namespace {

using nlohmann::json;

std::string between(const std::string& text, const std::string& before, const std::string& after) {
    const std::size_t begin = text.find(before);
    if (begin == std::string::npos) return {};
    const std::size_t end = after.empty() ? std::string::npos : text.find(after, begin + before.size());
    return text.substr(begin + before.size(), end == std::string::npos ? end : end - begin - before.size());
}

std::string named_in(const std::string& message) {
    if (message.starts_with("tensor '")) return between(message, "tensor '", "'");
    return between(message, "key not found in model: ", "");
}

// One change: what it is called, and the file with it.
GoldenParts changed(GoldenParts parts, const json& row, LoadCase& out) {
    const auto tensor = [&](const std::string& name) {
        const auto found = std::ranges::find(parts.tensors, name, &GoldenTensor::name);
        if (found == parts.tensors.end()) throw std::runtime_error("no tensor " + name);
        return found;
    };
    if (row.contains("drop")) {
        out.kind = "drop";
        parts.tensors.erase(tensor(row.at("drop")));
    } else if (row.contains("shape")) {
        out.kind = "shape";
        tensor(row.at("shape").at(0))->shape = row.at("shape").at(1).get<std::vector<std::uint64_t>>();
    } else if (row.contains("extra")) {
        out.kind = "extra";
        const json& extra = row.at("extra");
        out.named = extra.at(0);
        parts.tensors.push_back({extra.at(0), extra.at(1).get<std::vector<std::uint64_t>>(), extra.at(2)});
    } else {
        out.kind = "without_key";
        const auto erased =
            std::erase_if(parts.metadata, [&](const auto& pair) { return pair.first == row.at("without_key"); });
        if (erased != 1) throw std::runtime_error("no key " + row.at("without_key").get<std::string>());
    }
    out.change = out.kind + " " + row.at(out.kind).dump();
    return parts;
}

analysis::LoadVerdict ask(const GoldenParts& parts) {
    const std::vector<std::byte> bytes = parts.build(Weights::zero).bytes();
    try {
        const gguf::File file = gguf::File::from_bytes(bytes, "m.gguf");
        return analysis::loads(file, model::build_spec(file));
    } catch (const Error& error) {
        return analysis::verdict_of(error);
    }
}

}  // namespace

std::vector<std::string> load_case_names() {
    std::vector<std::string> names;
    for (const auto& path : golden_files("loads")) names.push_back(path.stem().string());
    return names;
}

void for_each_load_case(const std::string& name,
                        const std::function<void(const LoadCase&, const analysis::LoadVerdict&)>& compare) {
    const json verdicts = read_json(golden_dir() / "loads" / (name + ".json"));
    const GoldenParts whole = golden_parts(golden_path(name));
    for (const json& row : verdicts.at("cases")) {
        LoadCase one;
        const GoldenParts parts = changed(whole, row, one);
        if (!row.at("loads").is_null()) one.loads = row.at("loads").get<bool>();
        one.message = row.value("message", "");
        if (const std::string named = named_in(one.message); !named.empty()) one.named = named;
        if (one.message.starts_with("wrong number") && one.kind != "extra") one.named.clear();
        compare(one, ask(parts));
    }
}

}  // namespace attnx::test
