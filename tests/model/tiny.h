// Small models written in the test: base keys of one architecture, to be changed one at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attnx/base/error.h"
#include "attnx/model/build.h"
#include "support/gguf_builder.h"

namespace attnx::test {

// Builder::key appends, so a test that wants another value names it in `without` and adds its own.
struct Tiny {
    std::string architecture = "llama";
    std::vector<std::string> without = {};

    GgufBuilder builder() const {
        GgufBuilder builder;
        builder.key("general.architecture", architecture);
        const auto add = [&](const std::string& suffix, GgufValue value) {
            for (const std::string& name : without)
                if (name == suffix) return;
            builder.key(architecture + "." + suffix, std::move(value));
        };
        add("context_length", 4096U);
        add("embedding_length", 128U);
        add("block_count", 2U);
        add("feed_forward_length", 256U);
        add("attention.head_count", 4U);
        add("attention.head_count_kv", 2U);
        add("attention.layer_norm_rms_epsilon", 1e-5F);
        return builder;
    }
};

inline model::ModelSpec spec_of(const GgufBuilder& builder) {
    const auto bytes = builder.bytes();
    return model::build_spec(gguf::File::from_bytes(bytes, "tiny.gguf"));
}

inline Findings cross_check_of(const GgufBuilder& builder) {
    const auto bytes = builder.bytes();
    const auto file = gguf::File::from_bytes(bytes, "tiny.gguf");
    return model::cross_check(model::build_spec(file), file);
}

// The message of the first finding of that kind; nothing when there is none.
inline std::optional<std::string> message_of(const Findings& findings, FindingId id) {
    for (const Finding& finding : findings)
        if (finding.id == id) return finding.message;
    return std::nullopt;
}

template <class Call>
std::optional<ErrorCode> code_of(Call&& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.code();
    }
    return std::nullopt;
}

}  // namespace attnx::test
