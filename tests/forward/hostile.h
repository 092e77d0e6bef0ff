// Golden models with one thing changed, and how running them ends.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "attnx/base/error.h"
#include "attnx/forward/session.h"
#include "attnx/model/build.h"
#include "attnx/trace/attention.h"
#include "support/golden.h"
#include "support/golden_model.h"
#include "support/refusal.h"

namespace attnx::forward {

using test::GoldenParts;
using Shape = std::vector<std::uint64_t>;
using Change = std::function<void(GoldenParts&)>;

inline Change without(std::string name) {
    return [name](GoldenParts& parts) { std::erase_if(parts.tensors, [&](const auto& t) { return t.name == name; }); };
}

inline Change reshaped(std::string name, Shape shape) {
    return [=](GoldenParts& parts) {
        const auto found =
            std::find_if(parts.tensors.begin(), parts.tensors.end(), [&](const auto& t) { return t.name == name; });
        ASSERT_NE(found, parts.tensors.end()) << name;
        found->shape = shape;
    };
}

inline Change with(std::string name, Shape shape) {
    return [=](GoldenParts& parts) { parts.tensors.push_back({name, shape, "f32", 0.5F, 0.0F}); };
}

inline Change keyed(std::string name, test::GgufValue value) {
    return [=](GoldenParts& parts) {
        const auto found =
            std::find_if(parts.metadata.begin(), parts.metadata.end(), [&](const auto& m) { return m.first == name; });
        if (found == parts.metadata.end()) parts.metadata.emplace_back(name, value);
        else found->second = value;
    };
}

inline Change both(Change a, Change b) {
    return [=](GoldenParts& parts) {
        a(parts);
        b(parts);
    };
}

// Attention's tensors of layer 0; norms stay.
inline void without_mixer(GoldenParts& parts) {
    std::erase_if(parts.tensors, [](const auto& t) {
        const auto is = [&t](std::string_view start) { return t.name.starts_with("blk.0." + std::string(start)); };
        return is("attn_q") || is("attn_k") || is("attn_v") || is("attn_output.");
    });
}

inline std::optional<Error> outcome(const std::string& model, const Change& change) {
    GoldenParts parts = test::golden_parts(test::golden_path(model));
    change(parts);
    const auto bytes = parts.build(test::Weights::real).bytes();
    return test::refusal_of([&] {
        const auto file = gguf::File::from_bytes(bytes, "m.gguf");
        Session session(file, model::build_spec(file), {.threads = 2, .context = 8, .causal = {}});
        trace::AttentionRecorder recorder;
        const std::vector<std::uint32_t> tokens{1, 5, 9, 3};
        session.feed(tokens, recorder, {.last_layer = {}, .logits = true});
    });
}

struct Case {
    std::string model;
    const char* what;
    Change change;
    ErrorCode code;
    std::string named;  // in the message
};

inline constexpr ErrorCode kMissing = ErrorCode::missing_tensor, kShape = ErrorCode::bad_dimensions,
                           kValue = ErrorCode::bad_value;

inline void expect_all(const std::vector<Case>& cases) {
    for (const Case& c : cases) {
        SCOPED_TRACE(c.model + ": " + c.what);
        EXPECT_FALSE(outcome(c.model, [](GoldenParts&) {})) << "the model itself does not run";
        test::expect_refusal(outcome(c.model, c.change), c.code, c.named);
    }
}

}  // namespace attnx::forward
