#include "ablation.h"

#include <algorithm>
#include <vector>

#include "attnx/base/checked.h"

namespace attnx::forward {

void take_out(const Ablation* ablation, std::uint32_t heads, Matrix& mixed) {
    if (ablation == nullptr) return;
    const std::size_t dim = share(mixed.columns, heads, "numbers of a head");
    const Strip<float> own = mixed.strip(ablation->head * dim, dim);
    std::vector<float> instead(dim, 0.0F);
    if (ablation->by_mean) {
        std::vector<double> sum(dim, 0.0);
        for (std::size_t t = 0; t < own.rows; ++t)
            for (std::size_t i = 0; i < dim; ++i) sum[i] += static_cast<double>(own.row(t)[i]);
        for (std::size_t i = 0; i < dim; ++i) instead[i] = static_cast<float>(sum[i] / static_cast<double>(own.rows));
    }
    for (std::size_t t = 0; t < own.rows; ++t) std::ranges::copy(instead, own.row(t).begin());
}

}  // namespace attnx::forward
