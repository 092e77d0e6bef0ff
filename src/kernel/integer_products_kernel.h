// kernel: the loops of integer_products, compiled once per instruction set (no include guard). Wants kLanes (numbers in
// a register), kPanels and kTokens (a tile has kTokens tokens and kPanels registers of rows), and
//   Whole dot2(Whole sum, Whole w, std::int32_t x)   lane by lane the products of two 16-bit halves, added to sum
//   Real fused(Real a, Real b, Real c)               a * b + c, rounded once

using Whole [[gnu::vector_size(kLanes * sizeof(std::int32_t))]] = std::int32_t;
using Real [[gnu::vector_size(kLanes * sizeof(float))]] = float;
constexpr std::size_t kOutputs = kPanels * kLanes, kTile = kPanels * kTokens;

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
// Two of 16 bits.
inline std::int32_t pair_at(const std::int16_t* from, std::size_t k) {
    std::int32_t pair;
    std::memcpy(&pair, from + 2 * k, sizeof pair);
    return pair;
}
inline Real real(Whole v) { return __builtin_convertvector(v, Real); }

// What a tile is computed from: the panel of rows, where lane i of a register belongs to row i, and rows of tokens.
struct TileInput {
    const Packed& w;
    const std::int16_t *codes[kTokens], *sums[kTokens];
    const float *scales[kTokens], *float_sums[kTokens];
};

// sum += products of `count` pairs of codes from pair `first` on.
inline void add_pairs(const TileInput& in, std::size_t first, std::size_t count, Whole* sum) {
    for (std::size_t k = first; k < first + count; ++k) {
        Whole w[kPanels];
        for (std::size_t p = 0; p < kPanels; ++p) w[p] = load(in.w.codes + k * kOutputs + p * kLanes);
        for (std::size_t t = 0; t < kTokens; ++t)
            for (std::size_t p = 0; p < kPanels; ++p)
                sum[t * kPanels + p] = dot2(sum[t * kPanels + p], w[p], pair_at(in.codes[t], k));
    }
}

// sum += products of minima with sums of codes.
inline void add_minima(const TileInput& in, std::size_t first, std::size_t count, Whole* sum) {
    for (std::size_t k = first; k < first + count; ++k) {
        for (std::size_t t = 0; t < kTokens; ++t)
            for (std::size_t p = 0; p < kPanels; ++p)
                sum[t * kPanels + p] =
                    dot2(sum[t * kPanels + p], load(in.w.minima + k * kOutputs + p * kLanes), pair_at(in.sums[t], k));
    }
}

// total += scale * scale of x * sum.
inline void add_scaled(const TileInput& in, const float* w_scales, std::size_t s, const Whole* sum, Real* total) {
    for (std::size_t t = 0; t < kTokens; ++t)
        for (std::size_t p = 0; p < kPanels; ++p)
            total[t * kPanels + p] = fused(load(w_scales + p * kLanes) * in.scales[t][s], real(sum[t * kPanels + p]),
                                           total[t * kPanels + p]);
}

// Sections that begin with `first` and are taken `run` of every `step`, one lane of eight.
inline void add_lane(const TileInput& in, const Shape& shape, std::size_t lane, std::size_t first, std::size_t run,
                     std::size_t step, Real* total) {
    const std::size_t pairs = shape.section / 2;
    for (std::size_t from = first; from < shape.in_lanes; from += step) {
        for (std::size_t s = from; s < from + run && s < shape.in_lanes; ++s) {
            Whole sum[kTile] = {};
            if (shape.lane_minima != 0) {
                add_minima(in, s * 8 + lane, 1, sum);
                if (shape.scaled_minima) {
                    add_scaled(in, in.w.minimum_scales + s * kOutputs, s, sum, total);
                    for (Whole& one : sum) one = Whole{};
                }
            }
            for (std::size_t k = s * pairs + lane * 2; k < (s + 1) * pairs; k += 16) add_pairs(in, k, 2, sum);
            const std::size_t at = shape.scales == 2 ? s * 2 + lane / 4 : s;
            add_scaled(in, in.w.scales + at * kOutputs, s, sum, total);
        }
    }
}

// lanes 4, 2 and 1 apart, each kTile registers, into the first.
inline void add_up_lanes(Real (*lanes)[kTile]) {
    for (std::size_t half = 4; half != 0; half /= 2)
        for (std::size_t i = 0; i < half; ++i)
            for (std::size_t k = 0; k < kTile; ++k) lanes[i][k] += lanes[i + half][k];
}

// What minima give in lanes of their own: `count` lanes of `pairs` pairs in each section.
inline void subtract_minima(const TileInput& in, const Shape& shape, std::size_t count, std::size_t pairs,
                            Real* total) {
    Real lanes[4][kTile] = {};
    for (std::size_t lane = 0; lane < count; ++lane) {
        for (std::size_t s = 0; s < shape.sections; ++s) {
            Whole sum[kTile] = {};
            add_minima(in, s * 4 + lane * pairs, pairs, sum);
            add_scaled(in, in.w.minimum_scales + s * kOutputs, s, sum, lanes[lane]);
        }
    }
    for (std::size_t k = 0; k < kTile; ++k)
        total[k] += count == 4 ? (lanes[0][k] + lanes[2][k]) + (lanes[1][k] + lanes[3][k]) : lanes[0][k];
}

inline void add_float_sums(const TileInput& in, const Shape& shape, Real* total) {
    Real all[kTile] = {};
    for (std::size_t s = 0; s < shape.sections; ++s)
        for (std::size_t t = 0; t < kTokens; ++t)
            for (std::size_t p = 0; p < kPanels; ++p)
                all[t * kPanels + p] = fused(load(in.w.minimum_scales + s * kOutputs + p * kLanes),
                                             Real{} + in.float_sums[t][s], all[t * kPanels + p]);
    for (std::size_t k = 0; k < kTile; ++k) total[k] += all[k];
}

inline void by_lanes(const TileInput& in, const Shape& shape, Real* total) {
    Real lanes[8][kTile];
    for (std::size_t lane = 0; lane < 8; ++lane) {
        Real first[kTile] = {};
        if (shape.run == 0) {
            add_lane(in, shape, lane, 0, 1, 1, first);
        } else {
            Real second[kTile] = {};
            add_lane(in, shape, lane, 0, shape.run, 2 * shape.run, first);
            add_lane(in, shape, lane, shape.run, shape.run, 2 * shape.run, second);
            for (std::size_t k = 0; k < kTile; ++k) first[k] += second[k];
        }
        std::memcpy(lanes[lane], first, sizeof first);
    }
    add_up_lanes(lanes);
    std::memcpy(total, lanes[0], sizeof lanes[0]);
    if (shape.in_lanes != shape.sections) {
        Whole sum[kTile] = {};
        add_pairs(in, shape.in_lanes * shape.section / 2, shape.section / 2, sum);
        add_scaled(in, in.w.scales + shape.in_lanes * kOutputs, shape.in_lanes, sum, total);
    }
    if (shape.minima == Minima::sums) add_float_sums(in, shape, total);
    if (shape.minima == Minima::by_fours) subtract_minima(in, shape, 4, 1, total);
    if (shape.minima == Minima::together) subtract_minima(in, shape, 1, 4, total);
}

inline void by_sections(const TileInput& in, const Shape& shape, Real* total) {
    Real all[kTile] = {};
    for (std::size_t s = 0; s < shape.sections; ++s) {
        Whole sum[kTile] = {};
        add_pairs(in, s * (shape.section / 2), shape.section / 2, sum);
        Real scaled[kTile];
        for (std::size_t k = 0; k < kTile; ++k)
            scaled[k] = load(in.w.scales + s * kOutputs + k % kPanels * kLanes) * real(sum[k]);
        if (shape.minima != Minima::none) {
            Whole minima[kTile] = {};
            add_minima(in, s * shape.minimum_pairs, shape.minimum_pairs, minima);
            for (std::size_t k = 0; k < kTile; ++k)
                scaled[k] =
                    fused(load(in.w.minimum_scales + s * kOutputs + k % kPanels * kLanes), real(minima[k]), scaled[k]);
        }
        for (std::size_t k = 0; k < kTile; ++k) all[k] = fused(scaled[k], Real{} + in.scales[k / kPanels][s], all[k]);
    }
    std::memcpy(total, all, sizeof all);
}

void multiply(const Packed& w, const Shape& shape, const Eights& x, Strip<float> y) {
    const std::size_t sums = x.rows == 0 ? 0 : x.sums.size() / x.rows;
    for (std::size_t from = 0; from < x.rows; from += kTokens) {
        TileInput in{w, {}, {}, {}, {}};
        for (std::size_t t = 0; t < kTokens; ++t) {
            const std::size_t row = std::min(from + t, x.rows - 1);
            in.codes[t] = x.codes.data() + row * x.columns;
            in.sums[t] = x.sums.data() + row * sums;
            in.scales[t] = x.scales.data() + row * shape.sections;
            in.float_sums[t] = x.float_sums.data() + row * shape.sections;
        }
        Real total[kTile];
        if (shape.whole) by_sections(in, shape, total);
        else by_lanes(in, shape, total);
        float out[kTile * kLanes];
        std::memcpy(out, total, sizeof total);
        for (std::size_t t = 0; t < kTokens && from + t < x.rows; ++t)
            std::copy_n(out + t * kOutputs, y.columns, y.first + (from + t) * y.stride);
    }
}
