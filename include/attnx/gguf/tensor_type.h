// gguf: the tensor types of ggml and their block geometry.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace attnx::gguf {

// Ids as stored in files (ggml.h, enum ggml_type). Values outside this list occur in newer files: TensorInfo keeps the raw id.
enum class TensorType : std::uint32_t {
    f32 = 0, f16 = 1, q4_0 = 2, q4_1 = 3, q5_0 = 6, q5_1 = 7, q8_0 = 8, q8_1 = 9,
    q2_k = 10, q3_k = 11, q4_k = 12, q5_k = 13, q6_k = 14, q8_k = 15,
    iq2_xxs = 16, iq2_xs = 17, iq3_xxs = 18, iq1_s = 19, iq4_nl = 20, iq3_s = 21, iq2_s = 22, iq4_xs = 23,
    i8 = 24, i16 = 25, i32 = 26, i64 = 27, f64 = 28, iq1_m = 29, bf16 = 30,
    tq1_0 = 34, tq2_0 = 35, mxfp4 = 39, nvfp4 = 40, q1_0 = 41, q2_0 = 42,
};

struct TensorTypeRow {
    TensorType type;
    std::string_view name;         // as llama.cpp prints it: "f32", "q4_K", "iq2_xxs"
    std::uint32_t block_elements;  // elements per block
    std::uint32_t block_bytes;     // bytes per block

    constexpr double bits_per_weight() const { return 8.0 * block_bytes / block_elements; }
};

std::span<const TensorTypeRow> tensor_types();
const TensorTypeRow* find_tensor_type(std::uint32_t id);            // nullptr when unknown or removed
const TensorTypeRow* find_tensor_type(std::string_view name);       // case-insensitive
const TensorTypeRow& row(TensorType type);
bool is_removed_tensor_type(std::uint32_t id);                      // 4, 5, 31-33, 36-38: once used, no longer read by ggml

// Bytes of a row of `elements`; nothing when elements is not a multiple of the block or the product overflows.
std::optional<std::uint64_t> row_bytes(const TensorTypeRow& type, std::uint64_t elements);

}  // namespace attnx::gguf
