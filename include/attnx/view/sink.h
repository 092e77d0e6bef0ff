// view: where text goes, piece by piece, so that an answer need not be held whole.
#pragma once

#include <string>
#include <string_view>

namespace attnx::view {

class Sink {
public:
    virtual ~Sink() = default;
    // The next piece; pieces may be empty, or small. Throws what writing throws.
    virtual void write(std::string_view piece) = 0;
};

// For texts that are wanted whole.
class TextSink final : public Sink {
public:
    void write(std::string_view piece) override { text += piece; }
    std::string text;
};

}  // namespace attnx::view
