#include "attnx/analysis/loads.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "attnx/analysis/file_kind.h"
#include "attnx/base/text.h"
#include "attnx/model/build.h"
#include "attnx/model/reference.h"
#include "container.h"

namespace attnx::analysis {
namespace {

LoadVerdict refused(Refusal refusal) { return {false, std::move(refusal)}; }

// What is wrong with the file, as opposed to reaching or holding it. The names and counts that attnx refuses llama.cpp
// refuses, too; but it has no limit for a key's length.
constexpr std::array kFaultsOfTheFile = {
    ErrorCode::empty_file,     ErrorCode::not_gguf,          ErrorCode::unsupported_version,
    ErrorCode::truncated,      ErrorCode::bad_count,         ErrorCode::duplicate_key,
    ErrorCode::bad_value_type, ErrorCode::bad_length,        ErrorCode::nested_too_deep,
    ErrorCode::bad_alignment,  ErrorCode::bad_tensor_name,   ErrorCode::duplicate_tensor,
    ErrorCode::bad_dimensions, ErrorCode::tensor_misaligned, ErrorCode::tensor_out_of_range,
    ErrorCode::bad_split,      ErrorCode::missing_shard,     ErrorCode::missing_key,
    ErrorCode::missing_tensor, ErrorCode::wrong_type,        ErrorCode::bad_value,
};

// Everything after the container.
LoadVerdict model_verdict(const gguf::File& file, const model::ModelSpec& spec, text::Tokens tokens) {
    constexpr std::string_view kNamedBy = "general.architecture";
    if (spec.support == model::Support::unknown || !spec.fork_of.empty())
        return refused(
            {fmt::format("key {} is \"{}\", which llama.cpp does not know", kNamedBy, printable(spec.architecture)),
             std::string(kNamedBy)});
    if (!spec.key_refusals.empty()) return refused(spec.key_refusals.front());
    if (auto refusal = text::vocabulary_refusal(file.metadata(), tokens)) return refused(*std::move(refusal));
    if (file.tensors().empty()) return {};  // a vocabulary alone, which llama.cpp loads when asked for no more
    if (spec.tensors.refusal) return refused(*spec.tensors.refusal);
    return {true, {}};
}

model::ModelSpec language_model(const gguf::File& file) {
    const FileKind kind = kind_of(file).kind;
    if (!may_have_layers(kind)) require_model(file);
    try {
        return model::build_spec(file);
    } catch (const Error& error) {
        if (kind == FileKind::vocabulary && error.code() == ErrorCode::missing_key) require_model(file);
        throw;
    }
}

}  // namespace

LoadVerdict loads(const gguf::File& file, const model::ModelSpec& spec, text::Tokens tokens) {
    if (auto refusal = container_refusal(file)) return refused(*std::move(refusal));
    return model_verdict(file, spec, tokens);
}

LoadVerdict loads_as_container(const gguf::File& file) {
    if (auto refusal = container_refusal(file)) return refused(*std::move(refusal));
    return {};
}

LoadVerdict vocabulary_verdict(const gguf::File& file) {
    if (auto refusal = container_refusal(file)) return refused(*std::move(refusal));
    if (auto refusal = text::vocabulary_refusal(file.metadata(), text::Tokens::read))
        return refused(*std::move(refusal));
    return {};
}

LoadVerdict loads(const gguf::File& file) {
    if (auto refusal = container_refusal(file)) return refused(*std::move(refusal));
    try {
        return model_verdict(file, model::build_spec(file), text::Tokens::read);
    } catch (const Error& error) {
        return verdict_of(error);
    }
}

LoadVerdict verdict_of(const Error& error) {
    if (std::ranges::find(kFaultsOfTheFile, error.code()) == kFaultsOfTheFile.end()) return {};
    return refused({error.message(), error.where().name});
}

model::ModelSpec spec_with_refusals(const gguf::File& file) {
    model::ModelSpec spec = language_model(file);
    for (Finding& finding : model::cross_check(spec, file))
        if (finding.id == FindingId::layer_count_disagrees || finding.id == FindingId::layer_kind_disagrees)
            spec.findings.push_back(std::move(finding));
    const LoadVerdict verdict = loads(file, spec, text::Tokens::unread);
    const auto is_said = [](const Finding& finding) { return finding.id == FindingId::llama_cpp_refuses; };
    if (verdict.refusal && std::ranges::none_of(spec.findings, is_said))
        spec.findings.push_back(
            {FindingId::llama_cpp_refuses,
             fmt::format("llama.cpp ({}) refuses this file: {}", model::kLlamaCppBuild, verdict.refusal->message)});
    return spec;
}

}  // namespace attnx::analysis
