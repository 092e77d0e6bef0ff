#include <algorithm>
#include <cstring>
#include <string_view>

#include "attnx/analysis/diff.h"

namespace attnx::analysis {
namespace {

using gguf::Value;
using gguf::ValueType;

bool same_bytes(std::span<const std::byte> a, std::span<const std::byte> b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

bool same_layout(const Value& a, const Value& b) {
    return a.layout().order == b.layout().order && a.layout().length_bytes == b.layout().length_bytes;
}

bool same_value(const Value& a, const Value& b);

bool same_elements(const gguf::ArrayView& a, const gguf::ArrayView& b) {
    if (a.element_type() != b.element_type() || a.size() != b.size()) return false;
    std::vector<Value> others;
    b.for_each([&](std::uint64_t, const Value& element) { others.push_back(element); });
    bool same = true;
    a.for_each([&](std::uint64_t i, const Value& element) { return same = same_value(element, others[i]); });
    return same;
}

// NaN is the same as NaN.
bool same_number(double a, double b) { return a == b || (a != a && b != b); }

bool same_value(const Value& a, const Value& b) {
    if (a.type() != b.type()) return false;
    if (same_layout(a, b)) return same_bytes(a.bytes(), b.bytes());
    switch (a.type()) {
        case ValueType::array: return same_elements(*a.array(), *b.array());
        case ValueType::string: return a.as<std::string_view>() == b.as<std::string_view>();
        case ValueType::f32:
        case ValueType::f64: return same_number(*a.to_double(), *b.to_double());
        default: return a.to_signed() == b.to_signed() && a.to_unsigned() == b.to_unsigned();
    }
}

// By the first byte that differs: elements before it are the same, and so are their lengths.
std::optional<std::uint64_t> first_difference(const Value& a, const Value& b) {
    const auto left = a.array(), right = b.array();
    if (!left || !right || left->element_type() != right->element_type() || !same_layout(a, b)) return std::nullopt;
    const auto place = std::ranges::mismatch(left->bytes(), right->bytes()).in1 - left->bytes().begin();
    std::uint64_t index = std::min(left->size(), right->size()), offset = 0;
    left->for_each([&](std::uint64_t i, const Value& element) {
        offset += element.bytes().size();
        if (offset <= static_cast<std::uint64_t>(place)) return true;
        index = std::min(index, i);
        return false;
    });
    return index;
}

bool says_how_it_is_cut(const gguf::Entry& entry) { return entry.key.starts_with("split."); }

}  // namespace

MetadataDifferences compare(const gguf::Metadata& a, const gguf::Metadata& b) {
    MetadataDifferences result;
    for (const gguf::Entry& entry : a.entries()) {
        if (says_how_it_is_cut(entry)) continue;
        const gguf::Entry* other = b.find_entry(entry.key);
        if (other == nullptr) {
            result.only_a.push_back(&entry);
            continue;
        }
        ++result.common;
        if (!same_value(entry.value, other->value))
            result.changed.push_back({&entry, other, first_difference(entry.value, other->value)});
    }
    for (const gguf::Entry& entry : b.entries())
        if (!says_how_it_is_cut(entry) && a.find_entry(entry.key) == nullptr) result.only_b.push_back(&entry);
    return result;
}

bool TensorPair::same_shape() const { return a->dimension_count == b->dimension_count && a->ne == b->ne; }

TensorDifferences compare_tensors(const gguf::File& a, const gguf::File& b) {
    TensorDifferences result;
    for (const gguf::TensorInfo& info : a.tensors()) {
        const gguf::TensorInfo* other = b.find_tensor(info.name);
        if (other == nullptr) result.only_a.push_back(&info);
        else result.common.push_back({&info, other});
    }
    for (const gguf::TensorInfo& info : b.tensors())
        if (a.find_tensor(info.name) == nullptr) result.only_b.push_back(&info);
    return result;
}

}  // namespace attnx::analysis
