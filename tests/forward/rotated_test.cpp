// A model whose weights are stored in a rotated basis attends as the one it was made of.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "attnx/forward/session.h"
#include "attnx/model/build.h"
#include "attnx/trace/attention.h"
#include "support/rotated.h"
#include "support/tiny_model.h"

namespace attnx::forward {
namespace {

struct FedModel {
    std::map<std::uint32_t, trace::AttentionMap> maps;
    std::vector<float> logits;
};

FedModel fed(const std::vector<std::byte>& bytes) {
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    const auto spec = model::build_spec(file);
    EXPECT_TRUE(spec.key_refusals.empty()) << spec.key_refusals.front().message;
    Session session(file, spec, {.threads = 1, .context = 0, .causal = {}});
    trace::AttentionRecorder recorder;
    const std::vector<std::uint32_t> tokens = {1, 5, 2, 9, 9, 3, 0, 10};
    FedModel result;
    result.logits = session.feed(tokens, recorder, {});
    result.maps = recorder.maps();
    return result;
}

double farthest(const FedModel& a, const FedModel& b) {
    double worst = 0;
    for (const auto& [layer, map] : a.maps)
        for (std::uint32_t head = 0; head < map.heads(); ++head)
            for (std::size_t i = 0; i < map.head(head).size(); ++i)
                worst = std::max(worst, std::abs(static_cast<double>(map.head(head)[i]) -
                                                 static_cast<double>(b.maps.at(layer).head(head)[i])));
    for (std::size_t i = 0; i < a.logits.size(); ++i)
        worst = std::max(worst, std::abs(static_cast<double>(a.logits[i]) - static_cast<double>(b.logits[i])));
    return worst;
}

TEST(RotatedWeights, are_used_as_they_were_before_they_were_rotated) {
    test::Rotated rotated = {
        .matrices = {}, .tables = {"token_embd.weight"}, .block = 8, .version = 2, .widths = {16, 24}};
    for (const char* layer : {"blk.0.", "blk.1."})
        for (const char* kind : {"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"})
            rotated.matrices.push_back(std::string(layer) + kind + ".weight");
    test::TinyModel tiny;
    const FedModel plain = fed(tiny.bytes());
    tiny.whole_keys = rotated.keys();
    auto bytes = tiny.bytes();
    EXPECT_GT(farthest(fed(bytes), plain), 0.1) << "the keys are heeded";
    rotated.rotate(bytes);
    EXPECT_LT(farthest(fed(bytes), plain), 1e-5);
}

}  // namespace
}  // namespace attnx::forward
