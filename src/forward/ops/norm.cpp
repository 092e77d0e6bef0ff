#include "norm.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "attnx/base/error.h"

namespace attnx::forward {

namespace {

// Where row `which` of the norm's weights begins. Biases are as many as weights.
std::size_t begin_of(const Norm& norm, std::size_t width, std::size_t which) {
    const std::size_t all = norm.weight.size();
    const std::size_t begin = all == width ? 0 : which * width;
    if (width <= all && begin <= all - width && (norm.bias.empty() || norm.bias.size() == all)) return begin;
    throw Error(ErrorCode::bad_dimensions,
                fmt::format("{} has {} weights for row {} of {} numbers", norm.name, all, which, width),
                {{}, {}, norm.name});
}

double squares_of(std::span<const float> x, double sum = 0.0) {
    for (const float v : x) sum += static_cast<double>(v * v);
    return sum;
}

// Of a few rows at once, since each of a row's additions waits for the one before.
constexpr std::size_t kTogether = 8;
std::array<double, kTogether> squares_together(Strip<const float> rows) {
    std::array<const float*, kTogether> x;
    for (std::size_t r = 0; r < kTogether; ++r) x[r] = rows.row(r).data();
    std::array<double, kTogether> sums = {};
    for (std::size_t i = 0; i < rows.columns; ++i)
        for (std::size_t r = 0; r < kTogether; ++r) sums[r] += static_cast<double>(x[r][i] * x[r][i]);
    return sums;
}

// ggml adds the squares of a layer norm by eights in float: those 4 apart, then 2, then 1; the eights and the rest in
// double.
double squares_by_eights(std::span<const float> x) {
    double sum = 0.0;
    std::size_t i = 0;
    for (; i + 8 <= x.size(); i += 8) {
        std::array<float, 8> s;
        for (std::size_t k = 0; k < 8; ++k) s[k] = x[i + k] * x[i + k];
        for (std::size_t apart = 4; apart != 0; apart /= 2) {
            for (std::size_t k = 0; k < apart; ++k) s[k] += s[k + apart];
        }
        sum += static_cast<double>(s[0]);
    }
    return squares_of(x.subspan(i), sum);
}

void subtract_mean(std::span<float> x) {
    double sum = 0.0;
    for (const float v : x) sum += static_cast<double>(v);
    const float mean = static_cast<float>(sum) / static_cast<float>(x.size());
    for (float& v : x) v -= mean;
}

float scale_of(NormRule rule, double squares, std::size_t count) {
    return 1.0F / std::sqrt(static_cast<float>(squares / static_cast<double>(count)) + rule.epsilon);
}

// Takes off the mean first, of a layer norm.
float centred_to_length(NormRule rule, std::span<float> x) {
    if (rule.kind == model::NormKind::layer) subtract_mean(x);
    return scale_of(rule, rule.kind == model::NormKind::layer ? squares_by_eights(x) : squares_of(x), x.size());
}

void to_length(NormRule rule, std::span<float> x) {
    const float scale = centred_to_length(rule, x);
    for (float& v : x) v *= scale;
}

// y = x * scale, then the norm's own; y may be x.
void scale_and_shift(const Norm& norm, float scale, std::span<const float> x, std::span<float> y, std::size_t which) {
    const float* const from = x.data();
    float* const to = y.data();
    if (!norm) {
        for (std::size_t i = 0; i < y.size(); ++i) to[i] = from[i] * scale;
        return;
    }
    const std::size_t begin = begin_of(norm, y.size(), which);
    const float* weight = norm.weight.data() + begin;
    for (std::size_t i = 0; i < y.size(); ++i) to[i] = from[i] * scale * weight[i];
    if (!norm.bias.empty()) add(y, std::span(norm.bias).subspan(begin, y.size()));
}

void normalize_to(NormRule rule, const Norm& norm, Strip<const float> x, Strip<float> y, std::size_t whiches) {
    if (y.columns == 0) return;
    const bool together = rule.kind == model::NormKind::rms && rule.groups == 1;
    std::size_t t = 0;
    for (; together && t + kTogether <= y.rows; t += kTogether) {
        const auto squares = squares_together(x.rows_from(t, kTogether));
        for (std::size_t r = 0; r < kTogether; ++r)
            scale_and_shift(norm, scale_of(rule, squares[r], y.columns), x.row(t + r), y.row(t + r), (t + r) % whiches);
    }
    for (; t < y.rows; ++t) {
        if (x.first != y.first) copy(x.row(t), y.row(t));
        normalize(rule, norm, y.row(t), t % whiches);
    }
}

}  // namespace

void normalize(NormRule rule, const Norm& norm, std::span<float> x, std::size_t which) {
    if (x.empty()) return;
    const std::size_t slice = share(x.size(), rule.groups, "a row over groups of its norm");
    for (std::size_t first = 0; first < x.size(); first += slice) to_length(rule, x.subspan(first, slice));
    scale_and_shift(norm, 1.0F, x, x, which);
}

void normalize_all(NormRule rule, const Norm& norm, Strip<float> rows, std::size_t whiches) {
    normalize_to(rule, norm, rows, rows, whiches);
}

float factor_to_length(NormRule rule, std::span<const float> x) {
    std::vector<float> copied(x.begin(), x.end());
    return centred_to_length(rule, copied);
}

Matrix normalized(NormRule rule, const Norm& norm, const Matrix& x) {
    Matrix y;
    y.resize(x.rows, x.columns);
    normalize_to(rule, norm, x.all(), y.all(), 1);
    return y;
}

void l2_normalize(std::span<float> x, float epsilon) {
    double squares = 0.0;
    for (const float v : x) squares += static_cast<double>(v * v);
    const float scale = 1.0F / std::sqrt(static_cast<float>(squares) + epsilon);
    for (float& v : x) v *= scale;
}

}  // namespace attnx::forward
