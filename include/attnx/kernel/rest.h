// kernel: where ggml adds numbers in groups of a fixed size (32 products, 8 exponentials), what becomes of those after
// the last whole group.
#pragma once

#include <cstdint>

namespace attnx::kernel {

enum class Rest : std::uint8_t {
    in_turn,  // each is rounded and added to the sum by itself
    padded,   // as if zeros followed (llama.cpp pads its cache of keys)
};

}  // namespace attnx::kernel
