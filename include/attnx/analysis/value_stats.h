// analysis: what a heap of numbers looks like.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace attnx::analysis {

struct HistogramBin {
    double from = 0, to = 0;  // [from, to), the last one [from, to]
    std::uint64_t count = 0;
};

struct ValueStats {
    std::uint64_t count = 0;  // all of them
    std::uint64_t zeros = 0;  // of either sign
    std::uint64_t nans = 0;
    std::uint64_t infinities = 0;
    // Over the finite values; nothing when there are none.
    std::optional<double> min, max, mean;
    std::optional<double> standard_deviation;  // of the population: divided by n
    std::vector<HistogramBin> histogram;       // equal bins from min to max; one bin when they are the same
};

// Calls its argument with the numbers, in as many pieces as it likes; must give the same ones each time (it
// is called twice).
using NumberSource = std::function<void(const std::function<void(std::span<const float>)>&)>;

// Mean and deviation per piece, then merged (Chan, Golub, LeVeque 1979), in double: no cancellation however
// many values there are.
ValueStats value_stats(const NumberSource& source, std::uint32_t bins);

}  // namespace attnx::analysis
