// tensor: the table of kernels. Compiled once per instruction set (no include guard), after the decode_*.h
// files, inside its namespace.

template <class Block, std::size_t elements>
void run(const std::byte* in, float* __restrict out, std::size_t block_count) {
    const Block* __restrict block = reinterpret_cast<const Block*>(in);  // bytes only, no alignment
    for (std::size_t i = 0; i < block_count; ++i) decode(block[i], out + i * elements);
}

// With one value per block the loop over blocks is what is to be vectorised: run_f16 and run_bf16 belong to
// the instruction set.
template <>
inline void run<BlockF16, 1>(const std::byte* in, float* __restrict out, std::size_t count) {
    run_f16(in, out, count);
}
template <>
inline void run<BlockBf16, 1>(const std::byte* in, float* __restrict out, std::size_t count) {
    run_bf16(in, out, count);
}

template <class Block, std::uint32_t elements, gguf::TensorType type>
constexpr Kernel kernel() {
    static_assert(alignof(Block) == 1);
    static_assert(sizeof(Block) == gguf::block_geometry(type).block_bytes &&
                  elements == gguf::block_geometry(type).block_elements);
    return {type, elements, sizeof(Block), run<Block, elements>};
}

constexpr Kernel kKernels[] = {
    kernel<BlockF32, 1, gguf::TensorType::f32>(),
    kernel<BlockF16, 1, gguf::TensorType::f16>(),
    kernel<BlockQ4_0, 32, gguf::TensorType::q4_0>(),
    kernel<BlockQ4_1, 32, gguf::TensorType::q4_1>(),
    kernel<BlockQ5_0, 32, gguf::TensorType::q5_0>(),
    kernel<BlockQ5_1, 32, gguf::TensorType::q5_1>(),
    kernel<BlockQ8_0, 32, gguf::TensorType::q8_0>(),
    kernel<BlockQ8_1, 32, gguf::TensorType::q8_1>(),
    kernel<BlockQ2K, 256, gguf::TensorType::q2_k>(),
    kernel<BlockQ3K, 256, gguf::TensorType::q3_k>(),
    kernel<BlockQ4K, 256, gguf::TensorType::q4_k>(),
    kernel<BlockQ5K, 256, gguf::TensorType::q5_k>(),
    kernel<BlockQ6K, 256, gguf::TensorType::q6_k>(),
    kernel<BlockQ8K, 256, gguf::TensorType::q8_k>(),
    kernel<BlockIq2Xxs, 256, gguf::TensorType::iq2_xxs>(),
    kernel<BlockIq2Xs, 256, gguf::TensorType::iq2_xs>(),
    kernel<BlockIq3Xxs, 256, gguf::TensorType::iq3_xxs>(),
    kernel<BlockIq1S, 256, gguf::TensorType::iq1_s>(),
    kernel<BlockIq4Nl, 32, gguf::TensorType::iq4_nl>(),
    kernel<BlockIq3S, 256, gguf::TensorType::iq3_s>(),
    kernel<BlockIq2S, 256, gguf::TensorType::iq2_s>(),
    kernel<BlockIq4Xs, 256, gguf::TensorType::iq4_xs>(),
    kernel<BlockI8, 1, gguf::TensorType::i8>(),
    kernel<BlockI16, 1, gguf::TensorType::i16>(),
    kernel<BlockI32, 1, gguf::TensorType::i32>(),
    kernel<BlockI64, 1, gguf::TensorType::i64>(),
    kernel<BlockF64, 1, gguf::TensorType::f64>(),
    kernel<BlockIq1M, 256, gguf::TensorType::iq1_m>(),
    kernel<BlockBf16, 1, gguf::TensorType::bf16>(),
    kernel<BlockTq1_0, 256, gguf::TensorType::tq1_0>(),
    kernel<BlockTq2_0, 256, gguf::TensorType::tq2_0>(),
    kernel<BlockMxfp4, 32, gguf::TensorType::mxfp4>(),
    kernel<BlockNvfp4, 64, gguf::TensorType::nvfp4>(),
    kernel<BlockQ1_0, 128, gguf::TensorType::q1_0>(),
    kernel<BlockQ2_0, 64, gguf::TensorType::q2_0>(),
    kernel<BlockF8E4m3, 1, gguf::TensorType::f8_e4m3>(),
};
