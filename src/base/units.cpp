#include "attnx/base/units.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <span>

#include "attnx/base/checked.h"

namespace attnx {
namespace {

struct Scale {
    std::string_view name;
    double size;
};

// Three significant digits, in the largest unit of which there is at least one.
std::string scaled(double value, std::span<const Scale> scales) {
    const Scale* chosen = &scales.front();
    for (const Scale& scale : scales)
        if (value >= scale.size) chosen = &scale;
    const double shown = value / chosen->size;
    const int decimals = shown < 9.995 ? 2 : shown < 99.95 ? 1 : 0;
    return fmt::format("{:.{}f} {}", shown, decimals, chosen->name);
}

struct Suffix {
    std::string_view name;
    std::uint64_t factor;
};

bool same_letters(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (std::tolower(static_cast<unsigned char>(a[i])) != std::tolower(static_cast<unsigned char>(b[i])))
            return false;
    return true;
}

// "<number><suffix>" with an optional fraction ("1.5GiB") that must come out whole.
std::optional<std::uint64_t> parse_scaled(std::string_view text, std::span<const Suffix> suffixes) {
    std::size_t digits = 0;
    while (digits < text.size() && (std::isdigit(static_cast<unsigned char>(text[digits])) || text[digits] == '.'))
        ++digits;
    const std::string_view number = text.substr(0, digits);
    std::string_view suffix = text.substr(digits);
    while (suffix.starts_with(' ')) suffix.remove_prefix(1);
    for (const Suffix& row : suffixes) {
        if (!same_letters(row.name, suffix)) continue;
        std::uint64_t whole = 0;
        const char* end = number.data() + number.size();
        if (const auto parsed = std::from_chars(number.data(), end, whole);
            parsed.ec == std::errc() && parsed.ptr == end)
            return checked_multiply(whole, row.factor);
        double real = 0;
        const auto parsed = std::from_chars(number.data(), end, real);
        if (parsed.ec != std::errc() || parsed.ptr != end || row.factor == 1) return std::nullopt;
        const double product = real * static_cast<double>(row.factor);
        if (!(product >= 0 && product < 9.0e18)) return std::nullopt;
        return static_cast<std::uint64_t>(std::llround(product));
    }
    return std::nullopt;
}

constexpr std::uint64_t kKi = 1024, kMi = kKi * 1024, kGi = kMi * 1024, kTi = kGi * 1024;

}  // namespace

std::string format_bytes(std::uint64_t bytes) {
    if (bytes < kKi) return fmt::format("{} B", bytes);
    constexpr std::array<Scale, 5> kScales = {{{"KiB", double(kKi)},
                                               {"MiB", double(kMi)},
                                               {"GiB", double(kGi)},
                                               {"TiB", double(kTi)},
                                               {"PiB", double(kTi) * 1024}}};
    return scaled(static_cast<double>(bytes), kScales);
}

std::string format_count(std::uint64_t count) {
    if (count < 10'000) return std::to_string(count);
    constexpr std::array<Scale, 4> kScales = {{{"K", 1e3}, {"M", 1e6}, {"B", 1e9}, {"T", 1e12}}};
    return scaled(static_cast<double>(count), kScales);
}

std::string format_flops(double flops) {
    constexpr std::array<Scale, 7> kScales = {{{"FLOP", 1},
                                               {"KFLOP", 1e3},
                                               {"MFLOP", 1e6},
                                               {"GFLOP", 1e9},
                                               {"TFLOP", 1e12},
                                               {"PFLOP", 1e15},
                                               {"EFLOP", 1e18}}};
    return scaled(flops, kScales);
}

std::string format_grouped(std::uint64_t value) {
    std::string digits = std::to_string(value);
    for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
    return digits;
}

std::optional<std::uint64_t> parse_tokens(std::string_view text) {
    constexpr std::array<Suffix, 3> kSuffixes = {{{"", 1}, {"k", kKi}, {"m", kMi}}};
    return parse_scaled(text, kSuffixes);
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
    // clang-format off
    constexpr std::array<Suffix, 14> kSuffixes = {{{"", 1}, {"b", 1},
        {"k", kKi}, {"m", kMi}, {"g", kGi}, {"t", kTi},
        {"kib", kKi}, {"mib", kMi}, {"gib", kGi}, {"tib", kTi},
        {"kb", 1'000}, {"mb", 1'000'000}, {"gb", 1'000'000'000}, {"tb", 1'000'000'000'000}}};
    // clang-format on
    return parse_scaled(text, kSuffixes);
}

}  // namespace attnx
