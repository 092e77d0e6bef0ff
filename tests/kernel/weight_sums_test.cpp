#include "attnx/kernel/weight_sums.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "support/golden_model.h"

namespace attnx::kernel {
namespace {

TEST(WeightSums, are_those_of_each_weight_on_every_instruction_set) {
    for (const std::size_t count : {0U, 1U, 7U, 8U, 9U, 200U}) {
        std::vector<float> weights(count);
        for (std::size_t i = 0; i < count; ++i)
            weights[i] = std::exp(test::golden_weight("weights", 3, i, 50.0F, -50.0F));
        if (count > 9) {
            weights[1] = 0.0F;
            weights[2] = 1.0F;
            weights[3] = std::numeric_limits<float>::denorm_min();
            weights[4] = -0.5F;
            weights[5] = std::numeric_limits<float>::quiet_NaN();
            weights[6] = std::numeric_limits<float>::infinity();
        }
        double mass = 0, entropy = 0, moment = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const double w = weights[i];
            if (!std::isfinite(w) || w <= 0) continue;
            mass += w;
            entropy -= w * std::log(w);
            moment += w * std::abs(static_cast<double>(i) - 8);
        }
        for (const Simd simd : kSimds) {
            if (simd > best_simd()) continue;
            const WeightSums sums = weight_sums(weights, 8, simd);
            EXPECT_NEAR(sums.mass, mass, 1e-14 * mass) << count << ' ' << to_string(simd);
            EXPECT_NEAR(sums.entropy, entropy, 1e-6 * (1e-30 + std::abs(entropy))) << count << ' ' << to_string(simd);
            EXPECT_NEAR(sums.moment, moment, 1e-6 * moment) << count << ' ' << to_string(simd);
            EXPECT_EQ(sums.not_finite, count > 9 ? 2U : 0U);
        }
    }
}

}  // namespace
}  // namespace attnx::kernel
