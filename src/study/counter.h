// study: tells an onlooker how far a pass is. Private to study.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>

#include "attnx/study/attend.h"
#include "attnx/trace/sink.h"

namespace attnx::study {

class Counter final : public trace::Sink {
public:
    Counter(Onlooker& onlooker, const std::set<std::uint32_t>& layers) : onlooker_(onlooker), layers_(layers) {}
    bool wants_attention_at_once(std::uint32_t layer) override { return layers_.contains(layer); }
    void attention_at_once(const trace::AttentionRows& rows) override {
        const std::lock_guard lock(mutex_);
        onlooker_.attended(rows.weights.size());
    }

private:
    std::mutex mutex_;
    Onlooker& onlooker_;
    const std::set<std::uint32_t>& layers_;
};

}  // namespace attnx::study
