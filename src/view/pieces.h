// What renderers put between themselves and a Sink. Private to view.
#pragma once

#include <string>
#include <string_view>

#include "attnx/view/sink.h"

namespace attnx::view {

// Many small pieces become few large ones: append to `text`, say settle() now and then and finish() once.
class Pieces {
public:
    explicit Pieces(Sink& to) : to_(to) {}
    void settle() {
        if (text.size() >= kEnough) finish();
    }
    void finish() {
        to_.write(text);
        text.clear();
    }
    std::string text;

private:
    static constexpr std::size_t kEnough = std::size_t{1} << 16;
    Sink& to_;
};

// Blocks with an empty line between those that have anything to say.
class Blocks final : public Sink {
public:
    explicit Blocks(Sink& to) : to_(to) {}
    void next_block() { due_ = any_; }
    void write(std::string_view piece) override {
        if (piece.empty()) return;
        if (due_) to_.write("\n");
        due_ = false;
        any_ = true;
        to_.write(piece);
    }

private:
    Sink& to_;
    bool any_ = false, due_ = false;
};

}  // namespace attnx::view
