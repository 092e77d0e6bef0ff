// kernel: the loops of integer_products, compiled once per instruction set (no include guard). Wants kLanes (rows in a
// register), Whole and Real (registers of std::int32_t and float), kTokens and kWholeTokens (of a tile by lanes, by
// sections), kBytes (whether dot4 is there) and
//   Whole dot2(Whole sum, Whole w, std::int32_t x)   lane by lane the products of two 16-bit halves, added to sum
//   Whole dot4(Whole sum, Whole a, Whole b)          of four bytes, those of a unsigned if there is a kByteBias
//   Real fused(Real a, Real b, Real c)               a * b + c, rounded once

constexpr std::size_t kSums = 8;  // lanes of ggml's

inline Whole load(const std::int32_t* from) {
    Whole v;
    std::memcpy(&v, from, sizeof v);
    return v;
}
inline Real load(const float* from) {
    Real v;
    std::memcpy(&v, from, sizeof v);
    return v;
}
// In a register, instead of being loaded again and again.
inline void keep([[maybe_unused]] Whole& v) {
#ifdef ATTNX_X86_KERNELS
    __asm__("" : "+v"(v));
#elif defined(ATTNX_NEON_KERNELS)
    __asm__("" : "+w"(v));
#endif
}
// Codes that are multiplied at once.
inline std::int32_t together(const void* from, std::size_t k) {
    std::int32_t word;
    std::memcpy(&word, static_cast<const char*>(from) + k * sizeof word, sizeof word);
    return word;
}
// The same in all lanes.
inline Whole all_together(const void* from, std::size_t k) { return Whole{} + together(from, k); }
inline Real all_lanes(float x) { return x - Real{}; }  // 0 + x would be an addition: -0 becomes 0
inline Real real(Whole v) { return __builtin_convertvector(v, Real); }

// What a tile is computed from: rows of weights, where lane i of a register belongs to row i, and rows of tokens.
template <std::size_t T>
struct TileInput {
    const Packed& w;
    const Shape& shape;
    const void* codes[T];
    const std::int16_t* sums[T];
    const float *scales[T], *float_sums[T];
};

// Sums of codes of one lane of a section, as pairs of 16 bits …
struct Pairs {
    static constexpr bool kMinima = true;  // what is in lanes beside codes
    template <std::size_t T>
    [[gnu::always_inline]] static void add(const TileInput<T>& in, std::size_t s, std::size_t lane, Whole* sum) {
        const std::size_t pairs = in.shape.section / 2;
        for (std::size_t k = s * pairs + lane * 2; k < (s + 1) * pairs; k += 2 * kSums)
            for (std::size_t i = k; i < k + 2; ++i) {
                const Whole w = load(in.w.codes + i * kLanes);
                for (std::size_t t = 0; t < T; ++t) sum[t] = dot2(sum[t], w, together(in.codes[t], i));
            }
    }
};
// … or as fours of bytes, those of x or those of weights unsigned.
template <bool raised>
struct Fours {
    static constexpr bool kMinima = false;
    template <std::size_t T>
    [[gnu::always_inline]] static void add(const TileInput<T>& in, std::size_t s, std::size_t lane, Whole* sum) {
        const std::size_t k = s * kSums + lane;
        Whole w = load(in.w.codes + k * kLanes);
        keep(w);
        if constexpr (raised) {
            Whole correction = load(in.w.corrections + k * kLanes);
            keep(correction);
            for (std::size_t t = 0; t < T; ++t) sum[t] = dot4(sum[t] + correction, all_together(in.codes[t], k), w);
        } else {
            for (std::size_t t = 0; t < T; ++t) sum[t] = dot4(sum[t], w, all_together(in.codes[t], k));
        }
    }
};

// sum += products of minima with sums of codes.
template <std::size_t T>
[[gnu::always_inline]] inline void add_minima(const TileInput<T>& in, std::size_t first, std::size_t count,
                                              Whole* sum) {
    for (std::size_t k = first; k < first + count; ++k)
        for (std::size_t t = 0; t < T; ++t)
            sum[t] = dot2(sum[t], load(in.w.minima + k * kLanes), together(in.sums[t], k));
}

template <std::size_t T>
[[gnu::always_inline]] inline Real scale_of(const TileInput<T>& in, const float* scales, std::size_t at, std::size_t s,
                                            std::size_t t) {
    return load(scales + at * kLanes) * in.scales[t][s];
}

// One section into all lanes. `halves`: their halves may have scales of their own.
template <class Codes, bool halves, std::size_t T>
[[gnu::always_inline]] inline void add_section(const TileInput<T>& in, std::size_t s, Real (&lanes)[kSums][T]) {
    const Shape& shape = in.shape;
    Real scale[T];
    for (std::size_t t = 0; t < T; ++t) scale[t] = scale_of(in, in.w.scales, s * shape.scales, s, t);
#pragma GCC unroll 8
    for (std::size_t lane = 0; lane < kSums; ++lane) {
        if (halves && lane == kSums / 2 && shape.scales == 2)
            for (std::size_t t = 0; t < T; ++t) scale[t] = scale_of(in, in.w.scales, s * 2 + 1, s, t);
        Whole sum[T] = {};
        if (Codes::kMinima && shape.lane_minima) add_minima(in, s * kSums + lane, 1, sum);
        if (Codes::kMinima && shape.scaled_minima) {
            for (std::size_t t = 0; t < T; ++t) {
                lanes[lane][t] = fused(scale_of(in, in.w.minimum_scales, s, s, t), real(sum[t]), lanes[lane][t]);
                sum[t] = Whole{};
            }
        }
        Codes::add(in, s, lane, sum);
        for (std::size_t t = 0; t < T; ++t) lanes[lane][t] = fused(scale[t], real(sum[t]), lanes[lane][t]);
    }
}

// Sections that begin with `first` and are taken `run` of every `step`.
template <class Codes, std::size_t T>
inline void add_sections(const TileInput<T>& in, std::size_t first, std::size_t run, std::size_t step,
                         Real (&lanes)[kSums][T]) {
    for (std::size_t from = first; from < in.shape.in_lanes; from += step)
        for (std::size_t s = from; s < from + run && s < in.shape.in_lanes; ++s) add_section<Codes, true>(in, s, lanes);
}

template <std::size_t T>
[[gnu::always_inline]] inline void add_up(const Real (&lanes)[kSums][T], Real* total) {
    for (std::size_t t = 0; t < T; ++t)
        total[t] = ((lanes[0][t] + lanes[4][t]) + (lanes[2][t] + lanes[6][t])) +
                   ((lanes[1][t] + lanes[5][t]) + (lanes[3][t] + lanes[7][t]));
}

// All sections in one chain of each lane.
template <class Codes, std::size_t T>
inline void in_one_chain(const TileInput<T>& in, Real* total) {
    Real lanes[kSums][T];
#pragma GCC unroll 8
    for (auto& lane : lanes)
        for (Real& sum : lane) sum = Real{};
    for (std::size_t s = 0; s < in.shape.in_lanes; ++s) add_section<Codes, false>(in, s, lanes);
    add_up(lanes, total);
}

// Some sections at a time, added up by the scales of x before those of weights are applied.
template <class Codes, std::size_t T>
inline void add_nested(const TileInput<T>& in, Real (&lanes)[kSums][T]) {
    const std::size_t nested = in.shape.nested;
    for (std::size_t from = 0; from + nested <= in.shape.sections; from += nested) {
        for (std::size_t lane = 0; lane < kSums; ++lane) {
            Real all[T] = {};
            for (std::size_t s = from; s < from + nested; ++s) {
                Whole sum[T] = {};
                Codes::add(in, s, lane, sum);
                for (std::size_t t = 0; t < T; ++t) all[t] = fused(all_lanes(in.scales[t][s]), real(sum[t]), all[t]);
            }
            for (std::size_t t = 0; t < T; ++t)
                lanes[lane][t] = fused(load(in.w.scales + from * kLanes), all[t], lanes[lane][t]);
        }
    }
}

// What minima give in lanes of their own: `count` lanes of `pairs` pairs in each section.
template <std::size_t T>
inline void subtract_minima(const TileInput<T>& in, std::size_t count, std::size_t pairs, Real* total) {
    Real lanes[4][T] = {};
    for (std::size_t s = 0; s < in.shape.sections; ++s) {
        for (std::size_t lane = 0; lane < count; ++lane) {
            Whole sum[T] = {};
            add_minima(in, s * 4 + lane * pairs, pairs, sum);
            for (std::size_t t = 0; t < T; ++t)
                lanes[lane][t] = fused(scale_of(in, in.w.minimum_scales, s, s, t), real(sum[t]), lanes[lane][t]);
        }
    }
    for (std::size_t t = 0; t < T; ++t)
        total[t] += count == 4 ? (lanes[0][t] + lanes[2][t]) + (lanes[1][t] + lanes[3][t]) : lanes[0][t];
}

template <std::size_t T>
inline void add_float_sums(const TileInput<T>& in, Real* total) {
    Real all[T] = {};
    for (std::size_t s = 0; s < in.shape.sections; ++s)
        for (std::size_t t = 0; t < T; ++t)
            all[t] = fused(load(in.w.minimum_scales + s * kLanes), all_lanes(in.float_sums[t][s]), all[t]);
    for (std::size_t t = 0; t < T; ++t) total[t] += all[t];
}

// A section that is summed up before it is scaled.
template <class Codes, std::size_t T>
inline void add_rest(const TileInput<T>& in, std::size_t s, Real* total) {
    Whole sum[T] = {};
    for (std::size_t lane = 0; lane < kSums; ++lane) Codes::add(in, s, lane, sum);
    for (std::size_t t = 0; t < T; ++t) total[t] = fused(scale_of(in, in.w.scales, s, s, t), real(sum[t]), total[t]);
}

// Nested sections, two scales in one or two chains.
template <class Codes, std::size_t T>
[[gnu::noinline]] void in_chains(const TileInput<T>& in, Real* total) {
    const Shape& shape = in.shape;
    Real lanes[kSums][T] = {};
    if (shape.nested != 1) {
        add_nested<Codes>(in, lanes);
    } else if (shape.run == 0) {
        add_sections<Codes>(in, 0, 1, 1, lanes);
    } else {
        Real second[kSums][T] = {};
        add_sections<Codes>(in, 0, shape.run, 2 * shape.run, lanes);
        add_sections<Codes>(in, shape.run, shape.run, 2 * shape.run, second);
        for (std::size_t i = 0; i < kSums; ++i)
            for (std::size_t t = 0; t < T; ++t) lanes[i][t] += second[i][t];
    }
    add_up(lanes, total);
}

template <class Codes, std::size_t T>
inline void by_lanes(const TileInput<T>& in, Real* total) {
    const Shape& shape = in.shape;
    if (shape.nested == 1 && shape.run == 0 && shape.scales == 1) in_one_chain<Codes>(in, total);
    else in_chains<Codes>(in, total);
    if (shape.in_lanes != shape.sections) add_rest<Codes>(in, shape.in_lanes, total);
    if (shape.minima == Minima::sums) add_float_sums(in, total);
    if (shape.minima == Minima::by_fours) subtract_minima(in, 4, 1, total);
    if (shape.minima == Minima::together) subtract_minima(in, 1, 4, total);
}

// sum += one section of codes, as pairs times their factors …
struct WholePairs {
    template <std::size_t T>
    [[gnu::always_inline]] static void add(const TileInput<T>& in, std::size_t s, Whole (&sum)[T]) {
        const std::size_t pairs = in.shape.section / 2;
        for (std::size_t k = s * pairs; k < (s + 1) * pairs; ++k) {
            const Whole w = load(in.w.codes + k * kLanes);
            for (std::size_t t = 0; t < T; ++t) sum[t] = dot2(sum[t], w, together(in.codes[t], k));
        }
    }
};
// … or as fours, whose sums are multiplied by the factor of their group.
struct WholeFours {
    template <std::size_t T>
    [[gnu::always_inline]] static void add(const TileInput<T>& in, std::size_t s, Whole (&sum)[T]) {
        const std::size_t fours = in.shape.group / 4;
        for (std::size_t g = s * in.shape.section / in.shape.group; g < (s + 1) * in.shape.section / in.shape.group;
             ++g) {
            Whole of_group[T] = {};
            for (std::size_t k = g * fours; k < (g + 1) * fours; ++k) {
                const Whole w = load(in.w.codes + k * kLanes);
                for (std::size_t t = 0; t < T; ++t) of_group[t] = dot4(of_group[t], w, all_together(in.codes[t], k));
            }
            const Whole factor = load(in.w.factors + g * kLanes);
            for (std::size_t t = 0; t < T; ++t) sum[t] += of_group[t] * factor;
        }
    }
};

// Each section summed up before it is scaled, by the weights' scale first.
template <class Codes, std::size_t T>
inline void by_sections(const TileInput<T>& in, Real* total) {
    const Shape& shape = in.shape;
    Real all[T] = {};
    for (std::size_t s = 0; s < shape.sections; ++s) {
        Whole sum[T] = {}, minima[T] = {};
        if (shape.minima == Minima::none) add_minima(in, s * shape.minimum_pairs, shape.minimum_pairs, sum);
        else add_minima(in, s * shape.minimum_pairs, shape.minimum_pairs, minima);
        Codes::add(in, s, sum);
        for (std::size_t t = 0; t < T; ++t) {
            Real scaled = load(in.w.scales + s * kLanes) * real(sum[t]);
            if (shape.minima != Minima::none)
                scaled = fused(load(in.w.minimum_scales + s * kLanes), real(minima[t]), scaled);
            all[t] = fused(scaled, all_lanes(in.scales[t][s]), all[t]);
        }
    }
    std::memcpy(total, all, sizeof all);
}

template <bool whole, std::size_t T>
inline void tile(const TileInput<T>& in, Real* total) {
    const Shape& shape = in.shape;
    if constexpr (whole) {
        if constexpr (kBytes)
            if (shape.bytes) return by_sections<WholeFours>(in, total);
        return by_sections<WholePairs>(in, total);
    } else {
        if constexpr (kBytes) {
            if (shape.bytes && shape.raised) return by_lanes<Fours<true>>(in, total);
            if (shape.bytes) return by_lanes<Fours<false>>(in, total);
        }
        return by_lanes<Pairs>(in, total);
    }
}

// Tokens from `from` on, as many as a tile has; those that are not there repeat the last.
template <bool whole, std::size_t T>
inline void multiply_tile(const Packed& w, const Shape& shape, const Eights& x, std::size_t from, Strip<float> y) {
    TileInput<T> in{w, shape, {}, {}, {}, {}};
    for (std::size_t t = 0; t < T; ++t) {
        const std::size_t row = std::min(from + t, x.rows - 1);
        in.codes[t] = shape.bytes ? static_cast<const void*>(x.bytes.data() + row * x.columns)
                                  : static_cast<const void*>(x.pairs.data() + row * x.columns);
        in.sums[t] = x.sums.data() + row * x.sums_of_row();
        in.scales[t] = x.scales.data() + row * shape.sections;
        in.float_sums[t] = x.float_sums.data() + (shape.minima == Minima::sums ? row * shape.sections : 0);
    }
    Real total[T];
    tile<whole>(in, total);
    for (std::size_t t = 0; t < T && from + t < x.rows; ++t) {
        float* const to = y.first + (from + t) * y.stride;
        // Of a length that is known, and so no call.
        if (y.columns == kLanes) std::memcpy(to, &total[t], sizeof(Real));
        else std::memcpy(to, &total[t], y.columns * sizeof(float));
    }
}

// What is left of tokens is a tile as well, unless it would fill less than half of one.
template <bool whole, std::size_t T>
inline void multiply_by(const Packed& w, const Shape& shape, const Eights& x, Strip<float> y) {
    std::size_t from = 0;
    for (; x.rows - from > T / 2; from += std::min(T, x.rows - from)) multiply_tile<whole, T>(w, shape, x, from, y);
    for (; from < x.rows; ++from) multiply_tile<whole, 1>(w, shape, x, from, y);
}

void multiply(const Packed& w, const Shape& shape, const Eights& x, Strip<float> y) {
    return shape.whole ? multiply_by<true, kWholeTokens>(w, shape, x, y) : multiply_by<false, kTokens>(w, shape, x, y);
}
