// tensor: one value per block. Compiled once per instruction set (no include guard); see kernels.h.

inline void decode(const BlockF32& block, float* out) { std::memcpy(out, block.value, sizeof *out); }
inline void decode(const BlockF16& block, float* out) { *out = half(block.value); }
inline void decode(const BlockBf16& block, float* out) { *out = bfloat_to_float(load16(block.value)); }
inline void decode(const BlockF8E4m3& block, float* out) { *out = e4m3_to_float(block.value); }

// Whole numbers and doubles are not weights, but files carry them; rounded to the nearest float.
template <class Stored, class Block>
void decode_number(const Block& block, float* out) {
    Stored value;
    static_assert(sizeof value == sizeof block);
    std::memcpy(&value, &block, sizeof value);
    *out = static_cast<float>(value);
}
inline void decode(const BlockF64& block, float* out) { decode_number<double>(block, out); }
inline void decode(const BlockI8& block, float* out) { decode_number<std::int8_t>(block, out); }
inline void decode(const BlockI16& block, float* out) { decode_number<std::int16_t>(block, out); }
inline void decode(const BlockI32& block, float* out) { decode_number<std::int32_t>(block, out); }
inline void decode(const BlockI64& block, float* out) { decode_number<std::int64_t>(block, out); }
