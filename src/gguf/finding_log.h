// gguf, private: findings while reading, bounded per kind so that a hostile file cannot flood the report.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "attnx/base/findings.h"

namespace attnx::gguf {

class FindingLog {
public:
    // Later findings concern this part of a split set; empty for a single file.
    void set_part(std::string name) { part_ = std::move(name); }

    // `make` composes the message, and only when it will be kept.
    template <class Make>
    void add(FindingId id, Make make) {
        if (++counts_.at(static_cast<std::size_t>(id)) <= kKept) keep(id, make());
    }

    // The findings, with a last one for each kind of which some were left out.
    Findings take();

private:
    static constexpr std::uint64_t kKept = 20;
    void keep(FindingId id, const std::string& message);

    std::array<std::uint64_t, 256> counts_ = {};
    std::string part_;
    Findings findings_;
};

}  // namespace attnx::gguf
