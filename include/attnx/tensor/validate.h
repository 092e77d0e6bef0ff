// tensor: numbers that are none, found without decoding the blocks they are in.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "attnx/gguf/tensor_type.h"

namespace attnx::tensor {

enum class Flaw : std::uint8_t {
    nan,
    infinity,
    reserved,  // a scale whose bits mean nothing
    no_type,   // llama.cpp takes no file's tensor of this type
};
std::string_view to_string(Flaw flaw);  // "is NaN", for a message

struct FlawedBlock {
    Flaw flaw;
    std::uint64_t block;  // the first; a block is one number where the type has no larger ones
};

// What llama.cpp's --check-tensors calls invalid (build b12032, ggml_validate_row_data): values, and scales and minima
// of blocks, that are not finite. `blocks` holds whole blocks in byte order `order`. Thread-safe, allocates nothing.
std::optional<FlawedBlock> first_flaw(gguf::TensorType type, std::span<const std::byte> blocks,
                                      std::endian order = std::endian::little);

}  // namespace attnx::tensor
