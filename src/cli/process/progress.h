// cli: a bar on standard error while something long is under way.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "attnx/cli/command.h"

namespace attnx::cli {

// One line, redrawn at most ten times a second, gone when the object is: what is done, rate, time left. Shows nothing
// in the first half second, on anything but a terminal, and with --quiet. `total` is in bytes.
class Progress {
public:
    Progress(const Environment& environment, std::string label, std::uint64_t total);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();

    void advance(std::uint64_t bytes);

private:
    using Clock = std::chrono::steady_clock;
    void draw(double seconds);

    bool wanted_;
    bool drawn_ = false;
    bool unicode_;
    std::string label_;
    std::uint64_t total_, done_ = 0;
    Clock::time_point start_ = Clock::now(), last_ = start_;
};

// For who tells of steps, done so many of so many, one at a time. The bar is gone when what is returned is.
std::function<void(std::size_t done, std::size_t all)> progress_of_steps(const Environment& environment,
                                                                         std::string label);

// The line itself, for 80 columns: "reading  [#####     ]  50 %  120 MiB/s  0:03 left".
std::string progress_line(const std::string& label, std::uint64_t done, std::uint64_t total, double seconds,
                          bool unicode);

}  // namespace attnx::cli
