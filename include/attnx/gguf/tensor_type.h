// gguf: the tensor types of ggml and their block geometry.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace attnx::gguf {

// Ids as stored in files (ggml.h, enum ggml_type). Values outside this list occur in newer files: TensorInfo keeps the
// raw id.
enum class TensorType : std::uint32_t {
    // clang-format off
    f32 = 0, f16 = 1, q4_0 = 2, q4_1 = 3, q5_0 = 6, q5_1 = 7, q8_0 = 8, q8_1 = 9,
    q2_k = 10, q3_k = 11, q4_k = 12, q5_k = 13, q6_k = 14, q8_k = 15,
    iq2_xxs = 16, iq2_xs = 17, iq3_xxs = 18, iq1_s = 19, iq4_nl = 20, iq3_s = 21, iq2_s = 22, iq4_xs = 23,
    i8 = 24, i16 = 25, i32 = 26, i64 = 27, f64 = 28, iq1_m = 29, bf16 = 30,
    tq1_0 = 34, tq2_0 = 35, mxfp4 = 39, nvfp4 = 40, q1_0 = 41, q2_0 = 42, f8_e4m3 = 43,
    // clang-format on
};

struct TensorTypeRow {
    TensorType type;
    std::string_view name;         // as llama.cpp prints it: "f32", "q4_K", "iq2_xxs"
    std::uint32_t block_elements;  // elements per block
    std::uint32_t block_bytes;     // bytes per block

    constexpr double bits_per_weight() const { return 8.0 * block_bytes / block_elements; }
};

// Block geometry as in ggml-common.h: elements per block, bytes per block. In the order of ids.
inline constexpr std::array kTensorTypes = {
    TensorTypeRow{TensorType::f32, "f32", 1, 4},
    TensorTypeRow{TensorType::f16, "f16", 1, 2},
    TensorTypeRow{TensorType::q4_0, "q4_0", 32, 2 + 16},
    TensorTypeRow{TensorType::q4_1, "q4_1", 32, 2 * 2 + 16},
    TensorTypeRow{TensorType::q5_0, "q5_0", 32, 2 + 4 + 16},
    TensorTypeRow{TensorType::q5_1, "q5_1", 32, 2 * 2 + 4 + 16},
    TensorTypeRow{TensorType::q8_0, "q8_0", 32, 2 + 32},
    TensorTypeRow{TensorType::q8_1, "q8_1", 32, 2 * 2 + 32},
    TensorTypeRow{TensorType::q2_k, "q2_K", 256, 2 * 2 + 16 + 64},
    TensorTypeRow{TensorType::q3_k, "q3_K", 256, 2 + 64 + 32 + 12},
    TensorTypeRow{TensorType::q4_k, "q4_K", 256, 2 * 2 + 12 + 128},
    TensorTypeRow{TensorType::q5_k, "q5_K", 256, 2 * 2 + 12 + 128 + 32},
    TensorTypeRow{TensorType::q6_k, "q6_K", 256, 2 + 16 + 192},
    TensorTypeRow{TensorType::q8_k, "q8_K", 256, 4 + 256 + 16 * 2},
    TensorTypeRow{TensorType::iq2_xxs, "iq2_xxs", 256, 2 + 64},
    TensorTypeRow{TensorType::iq2_xs, "iq2_xs", 256, 2 + 64 + 8},
    TensorTypeRow{TensorType::iq3_xxs, "iq3_xxs", 256, 2 + 96},
    TensorTypeRow{TensorType::iq1_s, "iq1_s", 256, 2 + 32 + 16},
    TensorTypeRow{TensorType::iq4_nl, "iq4_nl", 32, 2 + 16},
    TensorTypeRow{TensorType::iq3_s, "iq3_s", 256, 2 + 64 + 8 + 32 + 4},
    TensorTypeRow{TensorType::iq2_s, "iq2_s", 256, 2 + 64 + 8 + 8},
    TensorTypeRow{TensorType::iq4_xs, "iq4_xs", 256, 2 + 2 + 4 + 128},
    TensorTypeRow{TensorType::i8, "i8", 1, 1},
    TensorTypeRow{TensorType::i16, "i16", 1, 2},
    TensorTypeRow{TensorType::i32, "i32", 1, 4},
    TensorTypeRow{TensorType::i64, "i64", 1, 8},
    TensorTypeRow{TensorType::f64, "f64", 1, 8},
    TensorTypeRow{TensorType::iq1_m, "iq1_m", 256, 32 + 16 + 8},
    TensorTypeRow{TensorType::bf16, "bf16", 1, 2},
    TensorTypeRow{TensorType::tq1_0, "tq1_0", 256, 48 + 4 + 2},
    TensorTypeRow{TensorType::tq2_0, "tq2_0", 256, 64 + 2},
    TensorTypeRow{TensorType::mxfp4, "mxfp4", 32, 1 + 16},
    TensorTypeRow{TensorType::nvfp4, "nvfp4", 64, 4 + 32},
    TensorTypeRow{TensorType::q1_0, "q1_0", 128, 2 + 16},
    TensorTypeRow{TensorType::q2_0, "q2_0", 64, 2 + 16},
    TensorTypeRow{TensorType::f8_e4m3, "f8_e4m3", 1, 1},
};

// For constant expressions; row() is the same at run time.
consteval TensorTypeRow block_geometry(TensorType type) {
    for (const TensorTypeRow& candidate : kTensorTypes)
        if (candidate.type == type) return candidate;
    throw "a tensor type without a row";
}
static_assert([] {
    for (std::size_t i = 1; i < kTensorTypes.size(); ++i)
        if (kTensorTypes[i - 1].type >= kTensorTypes[i].type) return false;
    return true;
}());

std::span<const TensorTypeRow> tensor_types();
const TensorTypeRow* find_tensor_type(std::uint32_t id);       // nullptr when unknown or removed
const TensorTypeRow* find_tensor_type(std::string_view name);  // case-insensitive
const TensorTypeRow& row(TensorType type);
bool is_removed_tensor_type(std::uint32_t id);  // 4, 5, 31-33, 36-38: once used, no longer read by ggml

// Bytes of a row of `elements`; nothing when elements is not a multiple of the block or the product overflows.
std::optional<std::uint64_t> row_bytes(const TensorTypeRow& type, std::uint64_t elements);

}  // namespace attnx::gguf
