// Every figure of a head by name.
#include "attnx/analysis/weights.h"

namespace attnx::analysis {
namespace {

using Part = std::optional<Spectrum> HeadWeights::*;

template <Part part, auto field>
std::optional<double> of(const HeadWeights& head) {
    if (!(head.*part)) return std::nullopt;
    return (*(head.*part)).*field;
}

template <auto field>
std::optional<double> cosine(const HeadWeights& head) {
    if (!(head.*field)) return std::nullopt;
    return (head.*field)->cosine;
}

template <auto field>
std::optional<double> number(const HeadWeights& head) {
    return head.*field;
}

#define ATTNX_SPECTRUM(part, Name)                                                                                    \
    WeightMetric{#part "_norm", Name " norm", "Frobenius norm", of<&HeadWeights::part, &Spectrum::frobenius>},        \
        WeightMetric{#part "_spectral", Name " spectral", "largest singular value",                                   \
                     of<&HeadWeights::part, &Spectrum::spectral>},                                                    \
        WeightMetric{#part "_stable_rank", Name " stable", "squared norm over squared largest singular value",        \
                     of<&HeadWeights::part, &Spectrum::stable_rank>},                                                 \
        WeightMetric{#part "_effective_rank", Name " effective", "exponential of the entropy of the singular values", \
                     of<&HeadWeights::part, &Spectrum::effective_rank>},                                              \
        WeightMetric{#part "_participation_ratio", Name " particip.", "(sum s^2)^2 / sum s^4 over singular values",   \
                     of<&HeadWeights::part, &Spectrum::participation_ratio>},                                         \
        WeightMetric {                                                                                                \
#part "_condition", Name " condition", "largest over smallest singular value", of < &HeadWeights::part,       \
            &Spectrum::condition>                                                                                     \
    }

constexpr WeightMetric kMetrics[] = {
    ATTNX_SPECTRUM(q, "Q"),
    ATTNX_SPECTRUM(k, "K"),
    ATTNX_SPECTRUM(v, "V"),
    ATTNX_SPECTRUM(o, "O"),
    ATTNX_SPECTRUM(qk, "QK"),
    ATTNX_SPECTRUM(ov, "OV"),
    {"copying", "copying", "sum of the eigenvalues of OV over the sum of their magnitudes, -1 to 1",
     number<&HeadWeights::copying>, true},
    {"qk_similarity", "QK similarity", "cosine of QK with the most similar head of the layer",
     cosine<&HeadWeights::nearest_qk>, true},
    {"ov_similarity", "OV similarity", "cosine of OV with the most similar head of the layer",
     cosine<&HeadWeights::nearest_ov>, true},
    {"q_bias", "Q bias", "norm of the bias of Q", number<&HeadWeights::q_bias>},
    {"k_bias", "K bias", "norm of the bias of K", number<&HeadWeights::k_bias>},
    {"v_bias", "V bias", "norm of the bias of V", number<&HeadWeights::v_bias>},
};
#undef ATTNX_SPECTRUM

}  // namespace

std::span<const WeightMetric> weight_metrics() { return kMetrics; }

const WeightMetric* find_weight_metric(std::string_view id) {
    for (const WeightMetric& metric : kMetrics)
        if (metric.id == id) return &metric;
    return nullptr;
}

}  // namespace attnx::analysis
