#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "attnx/analysis/diff.h"
#include "attnx/base/threads.h"
#include "attnx/kernel/workers.h"
#include "attnx/tensor/turn.h"
#include "attnx/tensor/view.h"

namespace attnx::analysis {
namespace {

constexpr std::size_t kLanes = 8;                                 // sums that do not wait for each other
constexpr std::size_t kRun = 4096;                                // numbers between two looks at what is not finite
constexpr std::uint64_t kPieceElements = std::uint64_t{1} << 16;  // elements, or a row
constexpr std::size_t kPiecesAtOnce = 64;                         // between two words about how far it has come

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

// Pieces of a tensor: some rows of a slice, or of a row that is longer than a piece some columns.
struct Piece {
    std::uint64_t slice = 0, row = 0, rows = 0;
    tensor::Range columns;

    void read(const tensor::TensorView& view, std::vector<float>& out) const {
        out.resize(rows * columns.size());
        if (columns.size() == view.columns()) view.read_rows(slice, row, out);
        else view.read(slice, row, columns, out);
    }
};

std::vector<Piece> pieces_of(const tensor::TensorView& view) {
    std::vector<Piece> pieces;
    const std::uint64_t columns = view.columns();
    const std::uint64_t rows = std::max<std::uint64_t>(1, kPieceElements / std::max<std::uint64_t>(1, columns));
    for (std::uint64_t slice = 0; slice < view.slices(); ++slice)
        for (std::uint64_t row = 0; row < view.rows(); row += rows) {
            const std::uint64_t count = std::min(rows, view.rows() - row);
            for (std::uint64_t first = 0; first<columns; first += rows> 1 ? columns : kPieceElements)
                pieces.push_back(
                    {slice, row, count, {first, rows > 1 ? columns : std::min(columns, first + kPieceElements)}});
        }
    return pieces;
}

bool has_numbers(const gguf::TensorInfo& info) {
    return info.type != nullptr && tensor::find_dequantizer(info.type->type) != nullptr;
}

bool comparable(const TensorPair& pair) { return pair.same_shape() && has_numbers(*pair.a) && has_numbers(*pair.b); }

class Comparer {
public:
    Comparer(unsigned threads, const Reading& reading)
        : workers_(thread_count(threads)), scratch_(workers_.size()), reading_(reading) {}

    PairDistance compare(const gguf::File& a, const gguf::File& b, const TensorPair& pair) {
        const std::uint64_t all = *pair.a->bytes + *pair.b->bytes;
        if (same_bytes(a, b, pair)) {
            advance(all);
            return {true, true, {}};
        }
        const tensor::TensorView left(a, *pair.a), right(b, *pair.b);
        const std::vector<Piece> pieces = pieces_of(left);
        PairDistance result{true, false, {}};
        std::vector<NumberDistance> parts;
        for (std::size_t first = 0; first < pieces.size(); first += kPiecesAtOnce) {
            parts.assign(std::min(kPiecesAtOnce, pieces.size() - first), {});
            workers_.parallel(parts.size(), [&](std::size_t i, unsigned worker) {
                Scratch& scratch = scratch_[worker];
                pieces[first + i].read(left, scratch.a);
                pieces[first + i].read(right, scratch.b);
                parts[i] = distance(scratch.a, scratch.b);
            });
            for (const NumberDistance& part : parts) result.distance.add(part);
            const bool last = first + parts.size() == pieces.size();
            advance(all / pieces.size() * parts.size() + (last ? all % pieces.size() : 0));
        }
        return result;
    }

private:
    struct Scratch {
        std::vector<float> a, b;
    };

    // In one type, order and basis.
    static bool same_bytes(const gguf::File& a, const gguf::File& b, const TensorPair& pair) {
        const auto order = [](const gguf::File& file, const gguf::TensorInfo& info) {
            return file.shards()[info.shard].header.layout.order;
        };
        if (!pair.same_type() || order(a, *pair.a) != order(b, *pair.b)) return false;
        if (tensor::Turn::of(a, *pair.a) || tensor::Turn::of(b, *pair.b)) return false;
        return std::memcmp(a.data(*pair.a).data(), b.data(*pair.b).data(), *pair.a->bytes) == 0;
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
        result[i] = comparer.compare(a, b, pairs[i]);
        a.done_with(*pairs[i].a);
        b.done_with(*pairs[i].b);
    }
    return result;
}

}  // namespace attnx::analysis
