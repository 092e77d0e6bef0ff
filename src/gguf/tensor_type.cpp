#include "attnx/gguf/tensor_type.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cctype>

#include "attnx/base/checked.h"

namespace attnx::gguf {
namespace {

using enum TensorType;

// Block geometry as in ggml-common.h: elements per block, bytes per block. In the order of ids.
constexpr std::array kRows = {
    TensorTypeRow{f32, "f32", 1, 4},
    TensorTypeRow{f16, "f16", 1, 2},
    TensorTypeRow{q4_0, "q4_0", 32, 2 + 16},
    TensorTypeRow{q4_1, "q4_1", 32, 2 * 2 + 16},
    TensorTypeRow{q5_0, "q5_0", 32, 2 + 4 + 16},
    TensorTypeRow{q5_1, "q5_1", 32, 2 * 2 + 4 + 16},
    TensorTypeRow{q8_0, "q8_0", 32, 2 + 32},
    TensorTypeRow{q8_1, "q8_1", 32, 2 * 2 + 32},
    TensorTypeRow{q2_k, "q2_K", 256, 2 * 2 + 16 + 64},
    TensorTypeRow{q3_k, "q3_K", 256, 2 + 64 + 32 + 12},
    TensorTypeRow{q4_k, "q4_K", 256, 2 * 2 + 12 + 128},
    TensorTypeRow{q5_k, "q5_K", 256, 2 * 2 + 12 + 128 + 32},
    TensorTypeRow{q6_k, "q6_K", 256, 2 + 16 + 192},
    TensorTypeRow{q8_k, "q8_K", 256, 4 + 256 + 16 * 2},
    TensorTypeRow{iq2_xxs, "iq2_xxs", 256, 2 + 64},
    TensorTypeRow{iq2_xs, "iq2_xs", 256, 2 + 64 + 8},
    TensorTypeRow{iq3_xxs, "iq3_xxs", 256, 2 + 96},
    TensorTypeRow{iq1_s, "iq1_s", 256, 2 + 32 + 16},
    TensorTypeRow{iq4_nl, "iq4_nl", 32, 2 + 16},
    TensorTypeRow{iq3_s, "iq3_s", 256, 2 + 64 + 8 + 32 + 4},
    TensorTypeRow{iq2_s, "iq2_s", 256, 2 + 64 + 8 + 8},
    TensorTypeRow{iq4_xs, "iq4_xs", 256, 2 + 2 + 4 + 128},
    TensorTypeRow{i8, "i8", 1, 1},
    TensorTypeRow{i16, "i16", 1, 2},
    TensorTypeRow{i32, "i32", 1, 4},
    TensorTypeRow{i64, "i64", 1, 8},
    TensorTypeRow{f64, "f64", 1, 8},
    TensorTypeRow{iq1_m, "iq1_m", 256, 32 + 16 + 8},
    TensorTypeRow{bf16, "bf16", 1, 2},
    TensorTypeRow{tq1_0, "tq1_0", 256, 48 + 4 + 2},
    TensorTypeRow{tq2_0, "tq2_0", 256, 64 + 2},
    TensorTypeRow{mxfp4, "mxfp4", 32, 1 + 16},
    TensorTypeRow{nvfp4, "nvfp4", 64, 4 + 32},
    TensorTypeRow{q1_0, "q1_0", 128, 2 + 16},
    TensorTypeRow{q2_0, "q2_0", 64, 2 + 16},
};

constexpr bool is_sorted_by_id() {
    for (std::size_t i = 1; i < kRows.size(); ++i)
        if (kRows[i - 1].type >= kRows[i].type) return false;
    return true;
}
static_assert(is_sorted_by_id());

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
        return std::tolower(x) == std::tolower(y);
    });
}

}  // namespace

std::span<const TensorTypeRow> tensor_types() { return kRows; }

const TensorTypeRow* find_tensor_type(std::uint32_t id) {
    const auto found = std::ranges::lower_bound(kRows, id, {}, [](const TensorTypeRow& r) {
        return static_cast<std::uint32_t>(r.type);
    });
    return found != kRows.end() && static_cast<std::uint32_t>(found->type) == id ? &*found : nullptr;
}

const TensorTypeRow* find_tensor_type(std::string_view name) {
    const auto found = std::ranges::find_if(kRows, [name](const TensorTypeRow& r) {
        return equal_ignoring_case(r.name, name);
    });
    return found != kRows.end() ? &*found : nullptr;
}

const TensorTypeRow& row(TensorType type) {
    const TensorTypeRow* found = find_tensor_type(static_cast<std::uint32_t>(type));
    assert(found != nullptr);
    return *found;
}

bool is_removed_tensor_type(std::uint32_t id) {
    return id == 4 || id == 5 || (id >= 31 && id <= 33) || (id >= 36 && id <= 38);
}

std::optional<std::uint64_t> row_bytes(const TensorTypeRow& type, std::uint64_t elements) {
    if (elements % type.block_elements != 0) return std::nullopt;
    return checked_multiply<std::uint64_t>(elements / type.block_elements, type.block_bytes);
}

}  // namespace attnx::gguf
