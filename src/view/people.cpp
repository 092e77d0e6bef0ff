#include "people.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>

#include "attnx/base/text.h"
#include "attnx/base/units.h"
#include "attnx/view/token.h"
#include "glyphs.h"

namespace attnx::view {
namespace {

constexpr int kSignificantDigits = 4;
constexpr std::size_t kBarColumns = 40;

struct Spelling {
    utf8proc_int32_t codepoint;
    std::string_view ascii;
};

// Characters our own labels use, for surfaces that cannot show them.
constexpr std::array kSpellings = {
    Spelling{0x2013, "-"},  Spelling{0x2014, "-"},   Spelling{0x2212, "-"},  Spelling{0x00D7, "x"},
    Spelling{0x00B7, "."},  Spelling{0x2026, "..."}, Spelling{0x2192, "->"}, Spelling{0x2264, "<="},
    Spelling{0x2265, ">="}, Spelling{0x2248, "~"},   Spelling{0x2016, "|"},  Spelling{0x221A, "sqrt"},
    Spelling{0x2019, "'"},  Spelling{0x23CE, "\\n"},
};

std::string spelled_in_ascii(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        utf8proc_int32_t codepoint = 0;
        const auto length =
            static_cast<std::size_t>(utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                                      static_cast<utf8proc_ssize_t>(text.size()), &codepoint));
        const auto* row = std::find_if(kSpellings.begin(), kSpellings.end(),
                                       [&](const Spelling& spelling) { return spelling.codepoint == codepoint; });
        if (codepoint < 0x80) result += static_cast<char>(codepoint);
        else if (row != kSpellings.end()) result += row->ascii;
        else result += codepoint < 0x10000 ? fmt::format("\\u{:04x}", codepoint) : fmt::format("\\U{:08x}", codepoint);
        text.remove_prefix(length);
    }
    return result;
}

std::string grouped(double whole) {
    const std::string digits = format_grouped(static_cast<std::uint64_t>(std::fabs(whole)));
    return whole < 0 ? "-" + digits : digits;
}

// Decimals that leave `kSignificantDigits` of a number of this size.
int decimals_for(double size) {
    if (size < 1) return kSignificantDigits;
    return std::max(0, kSignificantDigits - 1 - static_cast<int>(std::floor(std::log10(size))));
}

std::string real_text(double value, int decimals) {
    const double size = std::fabs(value);
    const bool whole = value == std::trunc(value);
    if (decimals < 0 && whole && size < 1e15) return grouped(value);
    if (size >= 1e15) return fmt::format("{:.4g}", value);
    const int places = decimals < 0 ? decimals_for(size) : decimals;
    const bool vanishes = value != 0 && size < 0.5 * std::pow(10.0, -places);
    return vanishes ? fmt::format("{:.2g}", value) : fmt::format("{:.{}f}", value, places);
}

std::uint64_t rounded(double value) { return static_cast<std::uint64_t>(std::llround(std::clamp(value, 0.0, 9.2e18))); }

std::string number_text(double value, Unit unit, int decimals) {
    if (!std::isfinite(value)) return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
    switch (unit) {
        case Unit::bytes: return value < 0 ? "-" + format_bytes(rounded(-value)) : format_bytes(rounded(value));
        case Unit::count: return value < 0 ? "-" + format_count(rounded(-value)) : format_count(rounded(value));
        case Unit::flops: return format_flops(value);
        case Unit::ratio: return fmt::format("{:.2f}x", value);
        case Unit::percent: return fmt::format("{:.1f} %", value * 100);
        case Unit::bits: return fmt::format("{:.2f}", value);
        case Unit::none:
        case Unit::id:
        case Unit::tokens:
        case Unit::real: break;
    }
    return real_text(value, decimals);
}

std::string tokens_text(std::uint64_t tokens) {
    if (tokens == 0 || tokens % 1024 != 0) return std::to_string(tokens);
    const std::uint64_t kilo = tokens / 1024;
    return kilo % 1024 == 0 ? fmt::format("{}M", kilo / 1024) : fmt::format("{}k", kilo);
}

std::string integer_text(std::uint64_t size, bool negative, Unit unit, int decimals) {
    const std::string_view sign = negative ? "-" : "";
    switch (unit) {
        case Unit::none: return std::string(sign) + format_grouped(size);
        case Unit::id: return std::string(sign) + std::to_string(size);
        case Unit::bytes: return std::string(sign) + format_bytes(size);
        case Unit::count: return std::string(sign) + format_count(size);
        case Unit::tokens: return std::string(sign) + tokens_text(size);
        case Unit::flops:
        case Unit::ratio:
        case Unit::percent:
        case Unit::bits:
        case Unit::real: break;
    }
    const auto value = static_cast<double>(size);
    return number_text(negative ? -value : value, unit, decimals);
}

struct Speaker {
    Unit unit;
    const Surface& surface;
    int decimals;

    std::string operator()(std::monostate) const { return surface.unicode ? "–" : "-"; }
    std::string operator()(bool value) const { return value ? "yes" : "no"; }
    std::string operator()(std::uint64_t value) const { return integer_text(value, false, unit, decimals); }
    std::string operator()(std::int64_t value) const {
        const auto bits = static_cast<std::uint64_t>(value);
        return integer_text(value < 0 ? 0 - bits : bits, value < 0, unit, decimals);
    }
    std::string operator()(double value) const { return number_text(value, unit, decimals); }
    std::string operator()(const std::string& value) const { return safe_text(value, surface); }
    std::string operator()(const Token& token) const { return safe_text(visible_token(token.bytes), surface); }
    std::string operator()(const List& list) const {
        std::string text;
        for (const Cell& cell : list) {
            if (!text.empty()) text += ", ";
            text += std::visit(*this, cell.value);
        }
        return text;
    }
};

}  // namespace

std::string safe_text(std::string_view text, const Surface& surface) {
    std::string safe = printable(text);
    return surface.unicode ? safe : spelled_in_ascii(safe);
}

int shared_decimals(std::span<const Cell> cells) {
    double largest = 0;
    bool all_whole = true;
    for (const Cell& cell : cells) {
        const double* value = std::get_if<double>(&cell.value);
        if (value == nullptr || !std::isfinite(*value)) continue;
        largest = std::max(largest, std::fabs(*value));
        all_whole = all_whole && *value == std::trunc(*value);
    }
    return all_whole ? -1 : std::max(2, decimals_for(largest));
}

std::string people_text(const Cell& cell, Unit unit, const Surface& surface, int decimals) {
    return std::visit(Speaker{unit, surface, decimals}, cell.value);
}

std::vector<std::string> column_texts(const Table& table, std::size_t column, const Surface& surface, int decimals) {
    const Column& what = table.columns[column];
    std::vector<std::string> texts;
    double least = 0, most = 0;
    for (const auto& row : table.rows) {
        least = std::min(least, number_of(row[column]));
        most = std::max(most, number_of(row[column]));
    }
    const auto bar_of = [&](double value) {
        return least < 0 ? signed_bar(value / std::max(most, -least), kBarColumns, surface)
                         : bar(value / most, kBarColumns, surface);
    };
    for (const auto& row : table.rows) {
        const Cell& cell = row[column];
        if (what.look == Look::bar) texts.push_back(bar_of(number_of(cell)));
        else texts.push_back(people_text(cell, what.unit, surface, decimals));
    }
    return what.look == Look::bracket ? brackets(texts, surface) : texts;
}

Cell label_of(const Axis& axis, std::uint64_t place) {
    return axis.labels.empty() ? Cell(axis.first + place) : axis.labels[place];
}

std::string exact_text(double value) {
    std::string text = fmt::format("{}", value);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

bool is_number(const Cell& cell) {
    return std::holds_alternative<std::int64_t>(cell.value) || std::holds_alternative<std::uint64_t>(cell.value) ||
           std::holds_alternative<double>(cell.value);
}

double number_of(const Cell& cell) {
    if (const auto* value = std::get_if<double>(&cell.value)) return *value;
    if (const auto* value = std::get_if<std::int64_t>(&cell.value)) return static_cast<double>(*value);
    if (const auto* value = std::get_if<std::uint64_t>(&cell.value)) return static_cast<double>(*value);
    return std::numeric_limits<double>::quiet_NaN();
}

bool stands_right(const Table& table, std::size_t column) {
    if (table.columns[column].look == Look::bar) return false;
    if (table.columns[column].align != Align::automatic) return table.columns[column].align == Align::right;
    bool any_number = false;
    for (const auto& row : table.rows) {
        const Cell& cell = row[column];
        if (is_number(cell)) any_number = true;
        else if (!std::holds_alternative<std::monostate>(cell.value)) return false;
    }
    return any_number;
}

}  // namespace attnx::view
