// view: numbers that are written while they are computed, by their place among others.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "attnx/view/document.h"
#include "attnx/view/sink.h"

namespace attnx::view {

// A sink that can go back: a file.
class SeekableSink : public Sink {
public:
    // Goes on at `offset`; what is skipped reads as zeros.
    virtual void seek(std::uint64_t offset) = 0;
    // At least so long, zeros where nothing was written.
    virtual void extend_to(std::uint64_t size) = 0;
};

// What the numbers are.
struct StreamPlan {
    std::vector<Axis> axes = {};  // slowest first; labels that are no numbers stand beside the places they name
    std::string value = "value";  // of each number
};

class NumberStream {
public:
    virtual ~NumberStream() = default;
    // The first numbers along the fastest axis. `place`: where they lie along the others, from 0; `names`: what they
    // are called there, a head by its number. What is never written is 0.
    virtual void write(std::span<const std::uint64_t> place, std::span<const std::uint64_t> names,
                       RowValues values) = 0;
};

using StreamOpener = std::unique_ptr<NumberStream> (*)(const StreamPlan& plan, SeekableSink& out);

}  // namespace attnx::view
