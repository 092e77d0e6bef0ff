#include "attnx/base/findings.h"

#include <array>

namespace attnx {
namespace {

using enum Severity;

constexpr std::array kFindingRows = {
    FindingRow{FindingId::old_version, "old-version", info, "a GGUF version older than 3"},
    FindingRow{FindingId::big_endian, "big-endian", info, "the file is stored big-endian"},
    FindingRow{FindingId::key_not_canonical, "key-not-canonical", info, "a key that is not lower_snake.dotted ASCII"},
    FindingRow{FindingId::key_invalid_utf8, "key-invalid-utf8", warning,
               "a key or tensor name that is not valid UTF-8"},
    FindingRow{FindingId::bool_not_zero_or_one, "bool-not-0-or-1", warning,
               "a bool stored as another byte than 0 or 1"},
    FindingRow{FindingId::nested_array, "nested-array", warning, "an array of arrays, which llama.cpp refuses"},
    FindingRow{FindingId::unusual_alignment, "unusual-alignment", warning, "an alignment that is not a multiple of 8"},
    FindingRow{FindingId::removed_tensor_type, "removed-tensor-type", error, "a tensor type that ggml no longer reads"},
    FindingRow{FindingId::unknown_tensor_type, "unknown-tensor-type", warning,
               "a tensor type this attnx does not know"},
    FindingRow{FindingId::tensor_name_too_long, "tensor-name-too-long", error,
               "a tensor name of more than 63 bytes, which ggml refuses"},
    FindingRow{FindingId::tensor_gap, "tensor-gap", warning, "unused bytes between tensors"},
    FindingRow{FindingId::tensor_overlap, "tensor-overlap", error, "two tensors share bytes"},
    FindingRow{FindingId::trailing_bytes, "trailing-bytes", warning, "bytes after the last tensor"},
    FindingRow{FindingId::tensors_out_of_order, "tensors-out-of-order", warning, "tensor data is not in table order"},
    FindingRow{FindingId::truncated_data, "truncated-data", error, "the file ends before its tensor data"},
    FindingRow{FindingId::rotated_weights, "rotated-weights", info, "weights that are stored in a rotated basis"},
    FindingRow{FindingId::invalid_data, "invalid-data", error, "a tensor holds numbers that are none"},
    FindingRow{FindingId::split_count_disagrees, "split-count-disagrees", error,
               "split keys contradict the files found"},
    FindingRow{FindingId::unknown_architecture, "unknown-architecture", warning,
               "an architecture attnx has no row for"},
    FindingRow{FindingId::assumed_value, "assumed-value", info, "a value the file does not carry"},
    FindingRow{FindingId::key_wrong_type, "key-wrong-type", warning, "a known key stored as an unexpected type"},
    FindingRow{FindingId::missing_required_key, "missing-required-key", error, "a key that llama.cpp requires"},
    FindingRow{FindingId::llama_cpp_refuses, "llama-cpp-refuses", error, "llama.cpp would not load this model"},
    FindingRow{FindingId::array_length, "array-length", error, "a per-layer array whose length is not the layer count"},
    FindingRow{FindingId::shape_disagrees, "shape-disagrees", error, "a tensor's shape contradicts the keys"},
    FindingRow{FindingId::tensor_missing, "tensor-missing", error, "a tensor that the architecture cannot do without"},
    FindingRow{FindingId::tensor_superfluous, "tensor-superfluous", error,
               "a tensor that the architecture does not have"},
    FindingRow{FindingId::head_count_indivisible, "head-count-indivisible", warning,
               "heads are not a multiple of KV heads"},
    FindingRow{FindingId::layer_count_disagrees, "layer-count-disagrees", error,
               "blk.N tensors contradict block_count"},
    FindingRow{FindingId::layer_kind_disagrees, "layer-kind-disagrees", error,
               "layers hold tensors of another kind than the keys say"},
    FindingRow{FindingId::key_ignored, "key-ignored", info, "a key that this architecture does not heed"},
    FindingRow{FindingId::no_tensors, "no-tensors", info, "a file without tensors (vocabulary or metadata only)"},
    FindingRow{FindingId::not_finite, "not-finite", warning, "NaN or infinity where a number is expected"},
    FindingRow{FindingId::implausible_value, "implausible-value", warning, "a value that no real model has"},
    FindingRow{FindingId::tokenizer_lengths, "tokenizer-lengths", error, "tokenizer arrays of differing lengths"},
    FindingRow{FindingId::special_token_out_of_range, "special-token-out-of-range", error,
               "a special token id beyond the vocabulary"},
    FindingRow{FindingId::too_few_tokens, "too-few-tokens", info, "fewer tokens than a figure needs to tell anything"},
};

constexpr bool findings_are_in_order() {
    for (std::size_t i = 0; i < kFindingRows.size(); ++i)
        if (static_cast<std::size_t>(kFindingRows[i].id) != i) return false;
    return true;
}
static_assert(findings_are_in_order(), "one row per FindingId, in its order");
static_assert(kFindingRows.size() == static_cast<std::size_t>(FindingId::too_few_tokens) + 1);

}  // namespace

std::string_view to_string(Severity severity) {
    constexpr std::array<std::string_view, 3> kNames = {"info", "warning", "error"};
    return kNames[static_cast<std::size_t>(severity)];
}

std::span<const FindingRow> finding_table() { return kFindingRows; }
const FindingRow& row(FindingId id) { return kFindingRows[static_cast<std::size_t>(id)]; }

}  // namespace attnx
