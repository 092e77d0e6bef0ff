// What the metrics of attention are, worked out from the whole map of a head as their definitions say.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <string_view>
#include <vector>

#include "attnx/trace/attention.h"

namespace attnx::test {

// One head of a causal model.
struct Whole {
    const trace::AttentionMap& map;
    std::uint32_t head;
    std::vector<std::uint32_t> ids, delimiters;
    std::uint32_t window;  // 0: none

    std::uint32_t tokens() const { return map.tokens(); }
    double at(std::uint32_t i, std::uint32_t j) const { return static_cast<double>(map.row(head, i)[j]); }
    std::uint32_t seen(std::uint32_t i) const { return window == 0 ? i + 1 : std::min(i + 1, window); }
    double entropy(std::uint32_t i) const {
        double sum = 0;
        for (std::uint32_t j = 0; j <= i; ++j) sum -= at(i, j) > 0 ? at(i, j) * std::log(at(i, j)) : 0;
        return sum;
    }
};

// The mean of a figure of query i over those for which it is not negative.
inline double mean(const Whole& w, const std::function<double(std::uint32_t)>& of) {
    double sum = 0;
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i < w.tokens(); ++i) {
        const double value = of(i);
        if (value < 0) continue;
        sum += value;
        ++count;
    }
    return count == 0 ? -1 : sum / count;
}

inline double sum_where(const Whole& w, std::uint32_t i, const std::function<bool(std::uint32_t)>& counts) {
    double sum = 0;
    for (std::uint32_t j = 0; j <= i; ++j) sum += counts(j) ? w.at(i, j) : 0;
    return sum;
}

inline double repeated_part(const Whole& w, std::uint32_t i, bool behind) {
    bool any = false;
    double sum = 0;
    for (std::uint32_t j = 0; j < i; ++j) {
        if (w.ids[j] != w.ids[i]) continue;
        any = true;
        sum += w.at(i, behind ? j + 1 : j);
    }
    return any ? sum : -1;
}

inline double distance(const Whole& w) {
    double moment = 0, mass = 0;
    for (std::uint32_t i = 0; i < w.tokens(); ++i)
        for (std::uint32_t j = 0; j <= i; ++j) {
            moment += w.at(i, j) * (i - j);
            mass += w.at(i, j);
        }
    return moment / mass;
}

// By id; -1 where no query has a value.
inline const std::map<std::string_view, std::function<double(const Whole&)>> kDefinitions = {
    {"entropy", [](const Whole& w) { return mean(w, [&](auto i) { return w.entropy(i); }); }},
    {"relative_entropy",
     [](const Whole& w) {
         return mean(w, [&](auto i) { return w.seen(i) < 2 ? -1 : w.entropy(i) / std::log(double(w.seen(i))); });
     }},
    {"first_token", [](const Whole& w) { return mean(w, [&](auto i) { return i < 1 ? -1 : w.at(i, 0); }); }},
    {"previous_token", [](const Whole& w) { return mean(w, [&](auto i) { return i < 1 ? -1 : w.at(i, i - 1); }); }},
    {"self", [](const Whole& w) { return mean(w, [&](auto i) { return w.at(i, i); }); }},
    {"local",
     [](const Whole& w) {
         return mean(w,
                     [&](auto i) { return i < 1 ? -1 : sum_where(w, i, [i](auto j) { return j > 0 && j + 4 >= i; }); });
     }},
    {"sink", [](const Whole& w) { return mean(w, [&](auto i) { return w.seen(i) == i + 1 ? w.at(i, 0) : -1; }); }},
    {"first4",
     [](const Whole& w) {
         return mean(w, [&](auto i) { return i < 4 ? -1 : sum_where(w, i, [](auto j) { return j < 4; }); });
     }},
    {"induction", [](const Whole& w) { return mean(w, [&](auto i) { return repeated_part(w, i, true); }); }},
    {"induction_loose", [](const Whole&) { return -1.0; }},
    {"duplicate", [](const Whole& w) { return mean(w, [&](auto i) { return repeated_part(w, i, false); }); }},
    {"delimiter",
     [](const Whole& w) {
         return mean(w, [&](auto i) {
             if (w.delimiters.empty() || i < w.delimiters.front()) return -1.0;
             return sum_where(w, i, [&](auto j) { return std::ranges::count(w.delimiters, j) > 0; });
         });
     }},
    {"distance", distance},
    {"missing",
     [](const Whole& w) {
         return mean(w, [&](auto i) { return std::abs(1 - sum_where(w, i, [](auto) { return true; })); });
     }},
};

}  // namespace attnx::test
