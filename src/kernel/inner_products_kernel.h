// kernel: the loops of inner_products, compiled once per instruction set (no include guard). Wants kLanes (floats per
// register) and kTile (rows of a and of b whose tile*tile sums fit the registers).

using Lanes [[gnu::vector_size(kLanes * sizeof(float))]] = float;

inline Lanes load(const float* from) {
    Lanes lanes;
    std::memcpy(&lanes, from, sizeof lanes);
    return lanes;
}

inline double total(Lanes lanes) {
    double sum = 0;
    for (std::size_t i = 0; i < kLanes; ++i) sum += static_cast<double>(lanes[i]);
    return sum;
}

// One tile over one run of `length` (a multiple of kLanes).
template <std::size_t rows_a, std::size_t rows_b>
inline void add_tile(const float* a, const float* b, std::size_t stride, std::size_t length, double* out,
                     std::size_t out_stride) {
    Lanes sums[rows_a][rows_b] = {};
    for (std::size_t x = 0; x < length; x += kLanes) {
        Lanes left[rows_a];
        for (std::size_t i = 0; i < rows_a; ++i) left[i] = load(a + i * stride + x);
        for (std::size_t j = 0; j < rows_b; ++j) {
            const Lanes right = load(b + j * stride + x);
            for (std::size_t i = 0; i < rows_a; ++i) sums[i][j] += left[i] * right;
        }
    }
    for (std::size_t i = 0; i < rows_a; ++i)
        for (std::size_t j = 0; j < rows_b; ++j) out[i * out_stride + j] += total(sums[i][j]);
}

inline void add_rest(const float* a, const float* b, std::size_t rows_a, std::size_t rows_b, std::size_t stride,
                     std::size_t first, double* out) {
    for (std::size_t i = 0; i < rows_a; ++i)
        for (std::size_t j = 0; j < rows_b; ++j)
            for (std::size_t x = first; x < stride; ++x)
                out[i * rows_b + j] += static_cast<double>(a[i * stride + x]) * static_cast<double>(b[j * stride + x]);
}

inline void add_run(const float* a, std::size_t rows_a, const float* b, std::size_t rows_b, std::size_t stride,
                    std::size_t length, double* out) {
    for (std::size_t i = 0; i < rows_a; i += kTile) {
        for (std::size_t j = 0; j < rows_b; j += kTile) {
            const float* left = a + i * stride;
            const float* right = b + j * stride;
            double* to = out + i * rows_b + j;
            if (i + kTile <= rows_a && j + kTile <= rows_b) {
                add_tile<kTile, kTile>(left, right, stride, length, to, rows_b);
            } else {
                for (std::size_t r = i; r < std::min(rows_a, i + kTile); ++r)
                    for (std::size_t c = j; c < std::min(rows_b, j + kTile); ++c)
                        add_tile<1, 1>(a + r * stride, b + c * stride, stride, length, out + r * rows_b + c, rows_b);
            }
        }
    }
}

inline void inner_products(const float* a, std::size_t rows_a, const float* b, std::size_t rows_b, std::size_t length,
                           double* out) {
    constexpr std::size_t kRun = 1024;
    std::fill_n(out, rows_a * rows_b, 0.0);
    const std::size_t whole = length / kLanes * kLanes;
    for (std::size_t x = 0; x < whole; x += kRun)
        add_run(a + x, rows_a, b + x, rows_b, length, std::min(kRun, whole - x), out);
    add_rest(a, b, rows_a, rows_b, length, whole, out);
}
