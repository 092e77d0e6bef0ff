// report: a server that was asked a few prompts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attnx/places/server.h"
#include "attnx/view/document.h"

namespace attnx::report {

struct ProbedPrompt {
    std::string name;
    std::optional<places::Answered> answer = {};  // nothing: `problem` says why
    std::string problem = {};
    std::optional<bool> tokens_agree = {};  // nothing: the server does not tell its ids, or there is no model
};

// The first token of a prompt that is not ours; past the end of one of the two it has no id.
struct TokenDifference {
    std::string prompt;
    std::uint64_t position = 0;
    std::optional<std::uint32_t> server, ours;
};

// What the server's context takes in memory, by our count, with a cache of halves.
struct ServedCache {
    std::optional<std::uint64_t> shared, separate;  // one for all slots; one for each
};

struct Probe {
    const places::ServerFacts& server;
    std::vector<ProbedPrompt> prompts;
    // Where there is a model that it may be compared with.
    std::optional<view::ModelRef> model = {};
    std::optional<bool> model_agrees = {};  // nothing: the server does not tell sizes
    std::optional<TokenDifference> difference = {};
    ServedCache cache = {};
};

view::Document probe(const Probe& probed);

}  // namespace attnx::report
