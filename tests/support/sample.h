// The model that the build makes (tools/sample_model.cpp).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "support/paths.h"

namespace attnx::test {

inline const std::string kSample = ATTNX_BINARY_DIR "/sample.gguf";

// What a command needs beside the model in order to answer.
inline const std::map<std::string, std::vector<std::string>> kNeeds = {
    {"ablate", {"-p", "a b", "--layers", "1"}},
    {"attend", {"-p", "a b"}},
    {"draw", {"-p", "a b", "-o", ATTNX_BINARY_DIR "/tests/every-command.svg"}},
    {"explain", {"-p", "a b"}},
    {"compute-cost", {"--ctx", "2k"}},
    {"diff", {kSample, "--values", "-p", "a b"}},
    {"graph", {"-p", "a b"}},
    {"kv-cost", {"--ctx", "2k"}},
    {"kv-loss", {"-p", "a b"}},
    {"lens", {"-p", "a b", "--layers", "1"}},
    {"states", {"-p", "a b"}},
    {"tokenize", {"-p", "a b"}},
    {"values", {"blk.0.attn_norm.weight"}},
    {"view", {"-p", "a b", "-o", ATTNX_BINARY_DIR "/tests/every-command.html"}},
};

}  // namespace attnx::test
