// cli: what is shown while a model runs, and who else is told of it. Private to cli.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "../process/progress.h"
#include "attnx/study/attend.h"

namespace attnx::cli {

class AttendWatch final : public study::Onlooker {
public:
    using Sinks = std::vector<trace::Sink*>;
    using Open = std::function<Sinks(std::span<const study::Token>)>;

    // `open` is asked for what is told of the pass once all tokens are known.
    explicit AttendWatch(const Environment& environment, Open open = {})
        : environment_(environment), open_(std::move(open)) {}

    void generates(std::uint64_t at_most) override {
        progress_.emplace(environment_, "generating", at_most * sizeof(float));
    }
    void generated() override { progress_->advance(sizeof(float)); }
    Sinks attends(std::span<const study::Token> tokens, std::uint64_t weights) override {
        progress_.emplace(environment_, "attending", weights * sizeof(float));
        return open_ ? open_(tokens) : Sinks();
    }
    void attended(std::uint64_t weights) override { progress_->advance(weights * sizeof(float)); }

    // Once all has been told.
    void finish() { progress_.reset(); }

private:
    const Environment& environment_;
    Open open_;
    std::optional<Progress> progress_;
};

}  // namespace attnx::cli
