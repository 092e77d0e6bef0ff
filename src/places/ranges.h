// places: which bytes of a file are meant. Private to places.
#pragma once

#include <cstdint>
#include <map>

#include "attnx/places/transport.h"

namespace attnx::places {

// A set of bytes; parts that lie no further apart than `slack` are one.
class Ranges {
public:
    explicit Ranges(std::uint64_t slack = 0) : slack_(slack) {}

    void add(ByteRange range);
    void remove(ByteRange range);
    // The part that holds `at`; empty where none does.
    ByteRange around(std::uint64_t at) const;
    // The first bytes of `within` that are none of them; empty where all are.
    ByteRange gap(ByteRange within) const;
    std::uint64_t bytes() const;

private:
    std::map<std::uint64_t, std::uint64_t> ends_;  // by beginning
    std::uint64_t slack_;
};

}  // namespace attnx::places
