#include "progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "attnx/base/units.h"
#include "process.h"

namespace attnx::cli {

Progress::Progress(const Environment& environment, std::string label, std::uint64_t total)
    : wanted_(environment.stderr_is_terminal && !environment.quiet && total > 0),
      unicode_(environment.out.unicode),
      label_(std::move(label)),
      total_(total) {}

Progress::~Progress() {
    if (drawn_) write_stderr("\r\x1b[K");
}

void Progress::advance(std::uint64_t bytes) {
    done_ = std::min(total_, done_ + bytes);
    if (!wanted_) return;
    const auto now = Clock::now();
    if (now - start_ < std::chrono::milliseconds(500) || now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    draw(std::chrono::duration<double>(now - start_).count());
}

void Progress::draw(double seconds) {
    write_stderr("\r" + progress_line(label_, done_, total_, seconds, unicode_) + "\x1b[K");
    drawn_ = true;
}

std::function<void(std::size_t, std::size_t)> progress_of_steps(const Environment& environment, std::string label) {
    return [&environment, label = std::move(label), bar = std::make_shared<std::optional<Progress>>()](
               std::size_t, std::size_t all) {
        if (!*bar) bar->emplace(environment, label, all);
        (*bar)->advance(1);
    };
}

std::string progress_line(const std::string& label, std::uint64_t done, std::uint64_t total, double seconds,
                          bool unicode) {
    constexpr std::size_t kBar = 24;
    const double part = total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
    const auto filled = static_cast<std::size_t>(part * kBar);
    std::string bar;
    for (std::size_t i = 0; i < kBar; ++i) bar += i < filled ? (unicode ? "█" : "#") : (unicode ? "░" : " ");
    const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
    const auto left = rate > 0 ? std::llround(static_cast<double>(total - done) / rate) : 0;
    return fmt::format("{}  [{}] {:3.0f} %  {}/s  {}:{:02} left", label, bar, part * 100,
                       format_bytes(static_cast<std::uint64_t>(rate)), left / 60, left % 60);
}

}  // namespace attnx::cli
