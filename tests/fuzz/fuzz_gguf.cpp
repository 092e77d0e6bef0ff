// Any bytes are a File or an Error, nothing else; and everything a File hands out can be looked at.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "attnx/base/error.h"
#include "attnx/gguf/byte_map.h"
#include "attnx/gguf/file.h"

namespace {

using namespace attnx::gguf;

volatile std::uint64_t g_sink;  // reads must not be optimised away

void require(bool holds) {
    if (!holds) std::abort();
}

void touch(std::span<const std::byte> bytes) {
    std::uint64_t sum = 0;
    for (const std::byte b : bytes) sum += std::to_integer<std::uint64_t>(b);
    g_sink = sum;
}

// Depth is bounded by the reader, so this recursion is too. Elements are sampled: an array of arrays of bytes is large
// in elements only.
void walk(const Value& value, int depth) {
    require(depth <= 8);
    touch(value.bytes());
    g_sink = value.to_unsigned().value_or(0) + static_cast<std::uint64_t>(value.to_signed().value_or(0));
    g_sink = value.to_double().has_value() ? 1 : 0;
    if (const auto text = value.as<std::string_view>()) require(text->size() <= value.bytes().size());
    const auto array = value.array();
    if (!array) return;
    std::uint64_t seen = 0;
    array->for_each([&](std::uint64_t i, const Value& element) {
        require(i == seen++);
        walk(element, depth + 1);
    });
    require(seen == array->size());
    if (seen > 0) require(array->at(seen - 1).type() == array->element_type());
}

void walk(const File& file, std::uint64_t size) {
    for (const Entry& entry : file.metadata().entries()) {
        require(file.metadata().find_entry(entry.key) == &entry);
        walk(entry.value, 0);
    }
    for (const TensorInfo& info : file.tensors()) {
        require(file.find_tensor(info.name) == &info);
        try {
            touch(file.data(info));
        } catch (const attnx::Error&) {
        }
    }
    std::uint64_t position = 0;
    for (const Extent& extent : byte_map(file, 0)) {
        require(extent.offset == position && extent.bytes > 0);
        position += extent.bytes;
    }
    require(position == size);
    for (const attnx::Finding& finding : file.findings()) require(finding.message.find('\n') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // Exactly sized, so that the address sanitizer sees a read one byte past the end.
    const auto copy = std::make_unique<std::byte[]>(size);
    std::copy(data, data + size, reinterpret_cast<std::uint8_t*>(copy.get()));
    for (const bool truncated : {false, true}) {
        try {
            const File file =
                File::from_bytes({copy.get(), size}, "fuzz", {.join_split = true, .allow_truncated_data = truncated});
            walk(file, size);
        } catch (const attnx::Error& error) {
            require(error.what()[0] != '\0');
        }
    }
    return 0;
}
