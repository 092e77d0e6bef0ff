#include "attnx/analysis/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "attnx/base/text.h"
#include "attnx/gguf/file.h"
#include "attnx/model/build.h"
#include "attnx/model/reference.h"

namespace attnx::analysis {
namespace {

using gguf::Metadata;
using gguf::Region;

void add(Findings& findings, FindingId id, std::string_view message) { findings.push_back({id, printable(message)}); }

std::vector<RegionBytes> account(const gguf::File& file) {
    constexpr std::array kRegions = {Region::header, Region::metadata, Region::tensor_table, Region::padding,
                                     Region::tensor, Region::gap,      Region::tail};
    std::vector<RegionBytes> sums;
    for (const Region region : kRegions) sums.push_back({region, 0, 0});
    for (std::uint32_t shard = 0; shard < file.shards().size(); ++shard)
        for (const gguf::Extent& extent : gguf::byte_map(file, shard)) {
            const auto sum =
                std::find_if(sums.begin(), sums.end(), [&](const auto& s) { return s.region == extent.region; });
            sum->bytes += extent.bytes;
            ++sum->extents;
        }
    return sums;
}

std::optional<std::uint64_t> array_size(const Metadata& metadata, std::string_view key) {
    const gguf::Value* value = metadata.find(key);
    if (!value || !value->array()) return std::nullopt;
    return value->array()->size();
}

// The tokenizer's parallel arrays and the ids that point into them (ggml docs/gguf.md, tokenizer section).
void check_tokenizer(const Metadata& metadata, Findings& findings) {
    const auto tokens = array_size(metadata, "tokenizer.ggml.tokens");
    if (!tokens) return;
    for (const std::string_view key : {"tokenizer.ggml.scores", "tokenizer.ggml.token_type"})
        if (const auto size = array_size(metadata, key); size && *size != *tokens)
            add(findings, FindingId::tokenizer_lengths,
                fmt::format("{} has {} entries, tokenizer.ggml.tokens {}", key, *size, *tokens));
    for (const gguf::Entry& entry : metadata.entries()) {
        if (!entry.key.starts_with("tokenizer.ggml.") || !entry.key.ends_with("_token_id")) continue;
        const auto id = entry.value.to_unsigned();
        if (id && *id >= *tokens && *id != 0xFFFFFFFFu)
            add(findings, FindingId::special_token_out_of_range,
                fmt::format("{} is {}, the vocabulary has {} tokens", entry.key, *id, *tokens));
    }
}

void check_names(const gguf::File& file, Findings& findings) {
    for (const gguf::TensorInfo& info : file.tensors())
        if (!is_valid_utf8(info.name))
            add(findings, FindingId::key_invalid_utf8, fmt::format("tensor name \"{}\" is not valid UTF-8", info.name));
}

// Shapes are the plan's to judge where there is one; whole blocks that are missing are better said at once.
Findings tensor_findings(const model::ModelSpec& spec, const gguf::File& file) {
    Findings findings = model::cross_check(spec, file);
    if (!spec.tensors.known) return findings;
    std::erase_if(findings, [](const Finding& finding) { return finding.id == FindingId::shape_disagrees; });
    append(findings, spec.tensors.findings);
    return findings;
}

void check_model(const gguf::File& file, CheckResult& result) {
    try {
        const model::ModelSpec spec = model::build_spec(file);
        append(result.findings, spec.findings);
        append(result.findings, tensor_findings(spec, file));
        result.verdict = loads(file, spec);
    } catch (const Error& error) {
        result.verdict = loads(file);  // what is wrong with its keys is the answer
        const bool alone = result.is.kind == FileKind::vocabulary && error.code() == ErrorCode::missing_key;
        if (alone) result.verdict = vocabulary_verdict(file);
        else if (!result.verdict.refusal) throw;
    }
}

}  // namespace

std::uint64_t CheckResult::count(Severity severity) const {
    return static_cast<std::uint64_t>(std::count_if(findings.begin(), findings.end(),
                                                    [&](const Finding& f) { return row(f.id).severity == severity; }));
}

CheckResult check(const std::filesystem::path& path, const Reading* reading) {
    return check(
        path.string(), [&](gguf::OpenOptions options) { return gguf::File::open(path, options); }, reading);
}

CheckResult check(const std::string& path, const OpenFile& open, const Reading* reading) {
    CheckResult result;
    result.path = path;
    try {
        const gguf::File file = open({.join_split = true, .allow_truncated_data = true});
        result.is = kind_of(file);
        const gguf::Value* architecture = file.metadata().find("general.architecture");
        if (architecture != nullptr) result.architecture = architecture->as<std::string_view>().value_or("");
        result.size_bytes = file.size_bytes();
        result.regions = account(file);
        result.findings = file.findings();
        check_tokenizer(file.metadata(), result.findings);
        check_names(file, result.findings);
        if (reading != nullptr) result.data = check_data(file, *reading, result.findings);
        if (may_have_layers(result.is.kind)) check_model(file, result);
        else result.verdict = loads_as_container(file);
        if (result.verdict.refusal && result.count(Severity::error) == 0)
            add(result.findings, FindingId::llama_cpp_refuses,
                fmt::format("llama.cpp ({}) refuses this file: {}", model::kLlamaCppBuild,
                            result.verdict.refusal->message));
    } catch (const Error& error) {
        result.error = error;
        result.verdict = verdict_of(error);
    }
    return result;
}

}  // namespace attnx::analysis
