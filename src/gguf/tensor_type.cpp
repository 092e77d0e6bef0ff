#include "attnx/gguf/tensor_type.h"

#include <algorithm>
#include <cassert>
#include <cctype>

#include "attnx/base/checked.h"

namespace attnx::gguf {
namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

std::span<const TensorTypeRow> tensor_types() { return kTensorTypes; }

const TensorTypeRow* find_tensor_type(std::uint32_t id) {
    const auto found = std::ranges::lower_bound(
        kTensorTypes, id, {}, [](const TensorTypeRow& r) { return static_cast<std::uint32_t>(r.type); });
    return found != kTensorTypes.end() && static_cast<std::uint32_t>(found->type) == id ? &*found : nullptr;
}

const TensorTypeRow* find_tensor_type(std::string_view name) {
    const auto found = std::ranges::find_if(
        kTensorTypes, [name](const TensorTypeRow& r) { return equal_ignoring_case(r.name, name); });
    return found != kTensorTypes.end() ? &*found : nullptr;
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
