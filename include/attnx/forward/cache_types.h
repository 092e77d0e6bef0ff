// forward: how keys and values are kept, and how queries meet them, as llama.cpp lets its cache be chosen.
#pragma once

#include "attnx/forward/numerics.h"
#include "attnx/gguf/tensor_type.h"

namespace attnx::forward {

// Of tensor::cache_types(). A quantised type goes with heads whose size is a multiple of its blocks.
struct CacheTypes {
    gguf::TensorType keys = gguf::TensorType::f16, values = gguf::TensorType::f16;
    // ggml's arithmetic for it, where llama.cpp uses it and numerics are llama.cpp's. Values of a quantised type need
    // it.
    bool flash_attention = false;
};

// llama.cpp's default, without flash attention; among floats nothing is rounded.
constexpr CacheTypes default_cache(Numerics numerics) {
    if (numerics == Numerics::llama_cpp) return {};
    return {.keys = gguf::TensorType::f32, .values = gguf::TensorType::f32};
}

}  // namespace attnx::forward
