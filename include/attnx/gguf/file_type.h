// gguf: what a file calls its quantisation (general.file_type): the recipe it was made by, not what is in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace attnx::gguf {

// "Q4_K_M"; nothing for numbers that llama.cpp b12032 has no name for.
std::optional<std::string_view> file_type_name(std::uint64_t id);

}  // namespace attnx::gguf
