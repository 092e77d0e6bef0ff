#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "attnx/analysis/diff.h"
#include "attnx/base/threads.h"
#include "attnx/kernel/workers.h"
#include "attnx/tensor/dequant.h"

namespace attnx::analysis {
namespace {

constexpr std::size_t kLanes = 8;                                 // sums that do not wait for each other
constexpr std::size_t kRun = 4096;                                // numbers between two looks at what is not finite
constexpr std::uint64_t kPieceElements = std::uint64_t{1} << 16;  // elements; whole blocks of every type
constexpr std::uint64_t kPiecesAtOnce = 64;                       // between two words about how far it has come

void add_pair(NumberDistance& sum, double a, double b) {
    if (!std::isfinite(a) || !std::isfinite(b)) {
        sum.unlike += !(a == b || (std::isnan(a) && std::isnan(b)));
        return;
    }
    const double difference = a - b;
    ++sum.pairs;
    sum.max_abs = std::max(sum.max_abs, std::abs(difference));
    sum.sum_abs += std::abs(difference);
    sum.sum_squares += difference * difference;
    sum.squares_a += a * a;
    sum.squares_b += b * b;
    sum.products += a * b;
}

struct Lanes {
    using Sum = std::array<double, kLanes>;
    Sum most{}, abs{}, squares{}, a{}, b{}, products{};

    void add(const float* left, const float* right) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            const double x = static_cast<double>(left[lane]), y = static_cast<double>(right[lane]);
            const double difference = x - y, size = std::abs(difference);
            most[lane] = most[lane] > size ? most[lane] : size;
            abs[lane] += size;
            squares[lane] += difference * difference;
            a[lane] += x * x;
            b[lane] += y * y;
            products[lane] += x * y;
        }
    }

    // Squares of floats do not overflow: a sum that is not finite had a number that is not.
    bool finite() const {
        double all = 0;
        for (std::size_t lane = 0; lane < kLanes; ++lane) all += a[lane] + b[lane];
        return std::isfinite(all);
    }

    NumberDistance sum(std::uint64_t pairs) const {
        NumberDistance result{.pairs = pairs};
        for (std::size_t lane = 0; lane < kLanes; ++lane)
            result.add({0, 0, most[lane], abs[lane], squares[lane], a[lane], b[lane], products[lane]});
        return result;
    }
};

NumberDistance distance_of_run(std::span<const float> a, std::span<const float> b) {
    const std::size_t whole = a.size() / kLanes * kLanes;
    Lanes lanes;
    for (std::size_t i = 0; i < whole; i += kLanes) lanes.add(a.data() + i, b.data() + i);
    NumberDistance result;
    const bool finite = lanes.finite();
    if (finite) result = lanes.sum(whole);
    for (std::size_t i = finite ? whole : 0; i < a.size(); ++i)
        add_pair(result, static_cast<double>(a[i]), static_cast<double>(b[i]));
    return result;
}

// One tensor of one file, to be decoded piece by piece.
struct Numbers {
    Numbers(const gguf::File& file, const gguf::TensorInfo& info)
        : type(*info.type), bytes(file.data(info)), order(file.shards()[info.shard].header.layout.order) {}

    void decode(std::uint64_t first, std::span<float> out) const {
        const std::uint64_t block = first / type.block_elements, blocks = out.size() / type.block_elements;
        tensor::dequantize(type.type, bytes.subspan(block * type.block_bytes, blocks * type.block_bytes), out, order);
    }

    const gguf::TensorTypeRow& type;
    std::span<const std::byte> bytes;
    std::endian order;
};

bool has_numbers(const gguf::TensorInfo& info) {
    return info.type != nullptr && tensor::find_dequantizer(info.type->type) != nullptr;
}

bool comparable(const TensorPair& pair) { return pair.same_shape() && has_numbers(*pair.a) && has_numbers(*pair.b); }

class Comparer {
public:
    Comparer(unsigned threads, const Reading& reading)
        : workers_(thread_count(threads)), scratch_(workers_.size()), reading_(reading) {}

    PairDistance compare(const Numbers& a, const Numbers& b, std::uint64_t elements) {
        const std::uint64_t all = a.bytes.size() + b.bytes.size();
        if (a.type.type == b.type.type && a.order == b.order &&
            std::memcmp(a.bytes.data(), b.bytes.data(), a.bytes.size()) == 0) {
            advance(all);
            return {true, true, {}};
        }
        PairDistance result{true, false, {}};
        const std::uint64_t pieces = (elements + kPieceElements - 1) / kPieceElements;
        std::vector<NumberDistance> parts;
        for (std::uint64_t first = 0; first < pieces; first += kPiecesAtOnce) {
            parts.assign(std::min(kPiecesAtOnce, pieces - first), {});
            workers_.parallel(parts.size(), [&](std::size_t i, unsigned worker) {
                const std::uint64_t begin = (first + i) * kPieceElements;
                parts[i] = piece(a, b, begin, std::min(kPieceElements, elements - begin), scratch_[worker]);
            });
            for (const NumberDistance& part : parts) result.distance.add(part);
            const std::uint64_t done = first + parts.size();
            advance(all / pieces * parts.size() + (done == pieces ? all % pieces : 0));
        }
        return result;
    }

private:
    struct Scratch {
        std::vector<float> a = std::vector<float>(kPieceElements), b = std::vector<float>(kPieceElements);
    };

    static NumberDistance piece(const Numbers& a, const Numbers& b, std::uint64_t begin, std::uint64_t count,
                                Scratch& scratch) {
        const std::span<float> left(scratch.a.data(), count), right(scratch.b.data(), count);
        a.decode(begin, left);
        b.decode(begin, right);
        return distance(left, right);
    }

    void advance(std::uint64_t bytes) const {
        if (reading_.advances) reading_.advances(bytes);
    }

    kernel::Workers workers_;
    std::vector<Scratch> scratch_;
    const Reading& reading_;
};

std::optional<double> ratio(double above, double below) {
    return below > 0 ? std::optional(above / below) : std::nullopt;
}

}  // namespace

void NumberDistance::add(const NumberDistance& other) {
    pairs += other.pairs;
    unlike += other.unlike;
    max_abs = std::max(max_abs, other.max_abs);
    sum_abs += other.sum_abs;
    sum_squares += other.sum_squares;
    squares_a += other.squares_a;
    squares_b += other.squares_b;
    products += other.products;
}

std::optional<double> NumberDistance::mean_abs() const { return ratio(sum_abs, static_cast<double>(pairs)); }

std::optional<double> NumberDistance::rmse() const {
    return pairs == 0 ? std::nullopt : std::optional(std::sqrt(sum_squares / static_cast<double>(pairs)));
}

std::optional<double> NumberDistance::relative() const { return ratio(std::sqrt(sum_squares), std::sqrt(squares_a)); }

std::optional<double> NumberDistance::cosine() const {
    return ratio(products, std::sqrt(squares_a) * std::sqrt(squares_b));
}

NumberDistance distance(std::span<const float> a, std::span<const float> b) {
    NumberDistance result;
    for (std::size_t first = 0; first < a.size(); first += kRun) {
        const std::size_t count = std::min(kRun, a.size() - first);
        result.add(distance_of_run(a.subspan(first, count), b.subspan(first, count)));
    }
    return result;
}

std::vector<PairDistance> compare_numbers(const gguf::File& a, const gguf::File& b, std::span<const TensorPair> pairs,
                                          unsigned threads, const Reading& reading) {
    std::uint64_t bytes = 0;
    for (const TensorPair& pair : pairs)
        if (comparable(pair)) bytes += *pair.a->bytes + *pair.b->bytes;
    if (reading.begins) reading.begins(bytes);
    Comparer comparer(threads, reading);
    std::vector<PairDistance> result(pairs.size());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        if (!comparable(pairs[i])) continue;
        a.will_read(*pairs[i].a);
        b.will_read(*pairs[i].b);
        result[i] = comparer.compare({a, *pairs[i].a}, {b, *pairs[i].b}, pairs[i].a->elements);
        a.done_with(*pairs[i].a);
        b.done_with(*pairs[i].b);
    }
    return result;
}

}  // namespace attnx::analysis
