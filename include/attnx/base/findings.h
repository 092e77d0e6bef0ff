// base: findings, the odd but usable. Collected and passed up as values; never thrown, never printed below cli.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attnx {

enum class Severity : std::uint8_t { info, warning, error };
std::string_view to_string(Severity severity);

// One row (id, slug, severity, phrase) each in src/base/findings.cpp, and a test that triggers it.
enum class FindingId : std::uint8_t {
    // container
    old_version,
    big_endian,
    key_not_canonical,
    key_invalid_utf8,
    bool_not_zero_or_one,
    nested_array,
    unusual_alignment,
    removed_tensor_type,
    unknown_tensor_type,
    tensor_name_too_long,
    tensor_gap,
    tensor_overlap,
    trailing_bytes,
    tensors_out_of_order,
    truncated_data,
    rotated_weights,
    invalid_data,
    split_count_disagrees,
    // specification
    unknown_architecture,
    assumed_value,
    key_wrong_type,
    missing_required_key,
    llama_cpp_refuses,
    array_length,
    shape_disagrees,
    tensor_missing,
    tensor_superfluous,
    head_count_indivisible,
    layer_count_disagrees,
    layer_kind_disagrees,
    key_ignored,
    no_tensors,
    not_finite,
    implausible_value,
    // tokenizer
    tokenizer_lengths,
    special_token_out_of_range,
    // measuring
    too_few_tokens,
};

struct FindingRow {
    FindingId id;
    std::string_view slug;  // stable, kebab-case, the "id" in JSON
    Severity severity;
    std::string_view phrase;
};

std::span<const FindingRow> finding_table();
const FindingRow& row(FindingId id);

struct Finding {
    FindingId id;
    std::string message;  // one line, already safe to print
};

using Findings = std::vector<Finding>;

inline void append(Findings& to, const Findings& from) { to.insert(to.end(), from.begin(), from.end()); }

}  // namespace attnx
