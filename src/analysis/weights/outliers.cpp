// Heads that stand out. Thresholds are in the header; norms are compared with the median over all heads
// measured.
#include <fmt/format.h>

#include <algorithm>

#include "attnx/analysis/weights.h"

namespace attnx::analysis {
namespace {

double median_norm(const WeightReport& report, std::optional<Spectrum> HeadWeights::*circuit) {
    std::vector<double> norms;
    for (const LayerWeightReport& layer : report.layers)
        for (const HeadWeights& head : layer.heads)
            if (head.*circuit) norms.push_back((head.*circuit)->frobenius);
    if (norms.empty()) return 0;
    const auto middle = norms.begin() + static_cast<std::ptrdiff_t>(norms.size() / 2);
    std::nth_element(norms.begin(), middle, norms.end());
    return *middle;
}

void add_dead(const HeadWeights& head, const std::optional<Spectrum>& circuit, double median, Oddity oddity,
              std::vector<Outlier>& out) {
    if (!circuit || !(circuit->frobenius <= kDeadPart * median) || median == 0) return;
    const bool query = oddity == Oddity::no_query;
    out.push_back(
        {oddity, head.layer, head.head, std::nullopt,
         fmt::format("its {} norm is {:.2g} of the median: {}", query ? "QK" : "OV", circuit->frobenius / median,
                     query ? "it attends alike to everything it sees" : "it writes next to nothing")});
}

void add_one_direction(const HeadWeights& head, const std::optional<Spectrum>& circuit, const char* name,
                       std::vector<Outlier>& out) {
    if (!circuit || !circuit->stable_rank || *circuit->stable_rank > kOneDirection ||
        circuit->singular_values.size() < 2)
        return;
    out.push_back({Oddity::one_direction, head.layer, head.head, std::nullopt,
                   fmt::format("the stable rank of its {} is {:.3f}: nearly all of it is one direction", name,
                               *circuit->stable_rank)});
}

void add_twins(const LayerWeightReport& layer, std::vector<Outlier>& out) {
    for (const Twins& twins : layer.twins)
        out.push_back({Oddity::twins, layer.layer, twins.first, twins.second,
                       fmt::format("head {} does nearly the same: cosines {:.3f} of QK, {:.3f} of OV", twins.second,
                                   twins.qk, twins.ov)});
}

}  // namespace

std::string_view to_string(Oddity oddity) {
    constexpr std::string_view kNames[] = {"no_query", "no_output", "one_direction", "twins"};
    return kNames[static_cast<std::size_t>(oddity)];
}

std::vector<Outlier> outliers(const WeightReport& report) {
    const double qk = median_norm(report, &HeadWeights::qk), ov = median_norm(report, &HeadWeights::ov);
    std::vector<Outlier> out;
    for (const LayerWeightReport& layer : report.layers) {
        for (const HeadWeights& head : layer.heads) {
            add_dead(head, head.qk, qk, Oddity::no_query, out);
            add_dead(head, head.ov, ov, Oddity::no_output, out);
            add_one_direction(head, head.qk, "QK", out);
            add_one_direction(head, head.ov, "OV", out);
        }
        add_twins(layer, out);
    }
    return out;
}

}  // namespace attnx::analysis
