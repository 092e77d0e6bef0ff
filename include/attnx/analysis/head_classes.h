// analysis: what a head does, by its figures. A class is a row (src/analysis/attention/classes.cpp).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace attnx::analysis {

// Fewer tell nothing: under uniform attention alone, the first of nine is paid 0.31.
inline constexpr std::uint32_t kTokensToTell = 32;

// What decides: repeated random tokens, the text, or either: the text where it has kTokensToTell.
enum class ToldBy : std::uint8_t { either, probe, text };

// Heads whose `metric` is at least `threshold`, and at least `times_uniform` what uniform attention has.
struct HeadClass {
    std::string_view id;       // "induction"
    std::string_view meaning;  // what it attends to: "the token before"
    std::string_view metric;   // of attention_metrics()
    double threshold = 0;
    ToldBy told_by = ToldBy::either;
    double times_uniform = 3;  // 0: uniform attention is of the class
};
std::span<const HeadClass> head_classes();
const HeadClass* find_head_class(std::string_view id);

// A score that is not known is of no class.
bool is_of(const HeadClass& row, double threshold, std::optional<double> score, std::optional<double> uniform);

}  // namespace attnx::analysis
