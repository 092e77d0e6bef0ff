// cli: what `attend` does while a model runs: bars, and files that are written. Private to cli.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "../process/progress.h"
#include "attend_export.h"
#include "attnx/study/attend.h"

namespace attnx::cli {

class AttendWatch final : public study::Onlooker {
public:
    using Exports = std::vector<std::unique_ptr<Export>>;

    // `open` is asked for the files once all tokens are known.
    AttendWatch(const Environment& environment, std::function<Exports(std::span<const study::Token>)> open)
        : environment_(environment), open_(std::move(open)) {}

    void generates(std::uint64_t at_most) override {
        progress_.emplace(environment_, "generating", at_most * sizeof(float));
    }
    void generated() override { progress_->advance(sizeof(float)); }
    std::vector<trace::Sink*> attends(std::span<const study::Token> tokens, std::uint64_t weights) override {
        progress_.emplace(environment_, "attending", weights * sizeof(float));
        exports_ = open_(tokens);
        std::vector<trace::Sink*> sinks;
        for (const auto& each : exports_) sinks.push_back(each.get());
        return sinks;
    }

    void attended(std::uint64_t weights) override { progress_->advance(weights * sizeof(float)); }

    // Once all has been told.
    void finish() {
        for (const auto& each : exports_) each->finish();
        progress_.reset();
    }

private:
    const Environment& environment_;
    std::function<Exports(std::span<const study::Token>)> open_;
    std::optional<Progress> progress_;
    Exports exports_;
};

}  // namespace attnx::cli
