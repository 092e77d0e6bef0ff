// gguf: the names of a split set's files, PREFIX-00001-of-00003.gguf.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace attnx::gguf {

struct PartName {
    std::string prefix;
    std::uint32_t number = 0;  // from 1
    std::uint32_t count = 0;
};

// Of a file's name without its folder; exactly as llama.cpp writes them: five digits each.
std::optional<PartName> part_name(std::string_view file_name);

}  // namespace attnx::gguf
