// The parts of a logit, each worked out by itself, add up to the logit that the pass gave.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include "attnx/base/error.h"
#include "attnx/forward/session.h"
#include "attnx/model/build.h"
#include "support/golden_attention.h"
#include "support/golden_model.h"

namespace attnx::forward {
namespace {

constexpr double kAddsUpWithin = 1e-4;  // of logits beyond 1 relative to them; 1e-3 is what is promised

// What the architecture does to a logit last.
double capped(const model::Graph& graph, double logit) {
    if (graph.logit_softcap) {
        const auto most = static_cast<double>(*graph.logit_softcap);
        logit = most * std::tanh(logit / most);
    }
    if (graph.logit_sigmoid) {
        const auto [most, shift, width] = *graph.logit_sigmoid;
        logit = static_cast<double>(most) /
                (1.0 + std::exp(-(logit + static_cast<double>(shift)) / static_cast<double>(width)));
    }
    return logit;
}

struct Tally {
    std::size_t models = 0, headless = 0, refused = 0, capped = 0;
    double furthest = 0, rounding = 0, logits = 0;
};

void add_up(const std::filesystem::path& json, Numerics numerics, Tally& tally) {
    const test::GoldenAttention golden = test::golden_attention(json);
    const auto bytes = test::golden_model_bytes(json, test::Weights::real);
    const auto file = gguf::File::from_bytes(bytes, json.filename().string());
    const auto spec = model::build_spec(file);
    SessionOptions options{.threads = 2, .context = 512, .causal = {}};
    options.numerics = numerics;
    Session session(file, spec, options);
    trace::Sink nobody;
    const auto last = static_cast<std::uint32_t>(golden.tokens.size() - 1);
    const auto logits = session.feed(golden.tokens, nobody, {.last_layer = {}, .logits = true, .noted = last});
    if (logits.empty()) {
        ++tally.headless;
        return;
    }
    ++tally.models;
    const bool bent = session.graph().logit_softcap || session.graph().logit_sigmoid;
    tally.capped += bent ? 1 : 0;
    const auto best = static_cast<std::uint32_t>(std::ranges::max_element(logits) - logits.begin());
    const auto any = static_cast<std::uint32_t>(logits.size() - 1);  // no vocabulary begins to be predicted that late
    for (const std::uint32_t target : {best, any}) {
        const Attribution told = session.attribution(target);
        const auto logit = static_cast<double>(logits[target]);
        const double off =
            std::max(std::abs(told.total() - told.logit), std::abs(capped(session.graph(), told.total()) - logit));
        EXPECT_LE(off, kAddsUpWithin * std::max(1.0, std::abs(told.logit)))
            << json.filename() << " token " << target << ": " << told.total() << " and " << told.logit << ", " << logit;
        tally.furthest = std::max(tally.furthest, off);
        tally.logits += std::abs(told.logit) / 2;
        tally.rounding = std::max(tally.rounding, std::abs(told.rounding));
        if (numerics == Numerics::floats) {
            EXPECT_EQ(told.rounding, 0.0);
        }
    }
}

class AttributionIn : public ::testing::TestWithParam<Numerics> {};

TEST_P(AttributionIn, this_arithmetic_adds_up_to_the_logit_of_every_golden_model_that_has_a_head) {
    Tally tally;
    for (const char* kind : {"architectures", "variants"})
        for (const auto& json : test::golden_attention_files(kind)) try {
                add_up(json, GetParam(), tally);
            } catch (const Error& error) {
                ASSERT_EQ(error.code(), ErrorCode::unsupported) << json.filename() << ": " << error.message();
                ++tally.refused;
            }
    std::cout << tally.models << " golden models with an output head (" << tally.capped << " with a cap), "
              << tally.headless << " without, " << tally.refused << " refused: parts add up within " << tally.furthest
              << ", rounding up to " << tally.rounding << ", logits of "
              << tally.logits / static_cast<double>(tally.models) << " on average\n";
    EXPECT_GE(tally.models, 480u);
}

INSTANTIATE_TEST_SUITE_P(Any, AttributionIn, ::testing::Values(Numerics::floats, Numerics::llama_cpp),
                         [](const auto& numerics) {
                             return numerics.param == Numerics::floats ? "floats" : "llama_cpp";
                         });

}  // namespace
}  // namespace attnx::forward
