#include "attnx/analysis/value_stats.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attnx::analysis {
namespace {

struct Moments {
    double count = 0, mean = 0, squares = 0;  // squares: sum of squared distances from the mean

    void merge(const Moments& other) {
        if (other.count == 0) return;
        const double all = count + other.count, distance = other.mean - mean;
        squares += other.squares + distance * distance * count * other.count / all;
        mean += distance * other.count / all;
        count = all;
    }
};

struct FirstPass {
    ValueStats stats;
    Moments moments;
    double least = std::numeric_limits<double>::infinity(), most = -least;

    void add(std::span<const float> values) {
        Moments piece;
        double sum = 0;
        for (const float value : values) {
            stats.zeros += value == 0;
            stats.nans += std::isnan(value);
            stats.infinities += std::isinf(value);
            if (!std::isfinite(value)) continue;
            piece.count += 1;
            sum += value;
            least = std::min(least, static_cast<double>(value));
            most = std::max(most, static_cast<double>(value));
        }
        stats.count += values.size();
        if (piece.count == 0) return;
        piece.mean = sum / piece.count;
        for (const float value : values)
            if (std::isfinite(value)) piece.squares += (value - piece.mean) * (value - piece.mean);
        moments.merge(piece);
    }
};

void fill_histogram(ValueStats& stats, const NumberSource& source, std::uint32_t bins) {
    const double low = *stats.min, high = *stats.max;
    if (low == high) bins = 1;
    stats.histogram.resize(bins);
    const double width = (high - low) / bins;
    for (std::uint32_t i = 0; i < bins; ++i)
        stats.histogram[i] = {low + i * width, i + 1 == bins ? high : low + (i + 1) * width, 0};
    source([&](std::span<const float> values) {
        for (const float value : values) {
            if (!std::isfinite(value)) continue;
            const double place = width > 0 ? (value - low) / width : 0;
            ++stats.histogram[std::min(static_cast<std::uint32_t>(place), bins - 1)].count;
        }
    });
}

}  // namespace

ValueStats value_stats(const NumberSource& source, std::uint32_t bins) {
    FirstPass pass;
    source([&pass](std::span<const float> values) { pass.add(values); });
    ValueStats stats = std::move(pass.stats);
    if (pass.moments.count == 0) return stats;
    stats.min = pass.least;
    stats.max = pass.most;
    stats.mean = pass.moments.mean;
    stats.standard_deviation = std::sqrt(pass.moments.squares / pass.moments.count);
    fill_histogram(stats, source, bins);
    return stats;
}

}  // namespace attnx::analysis
