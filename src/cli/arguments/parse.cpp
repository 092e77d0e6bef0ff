// A parser of our own, because llama.cpp's spellings (`-ctk q8_0`, `-np 2`) are words after one dash, which getopt and
// the common C++ libraries read as clusters of letters, and because it costs nothing at start.
#include "parse.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "attnx/base/error.h"
#include "suggest.h"

namespace attnx::cli {
namespace {

[[noreturn]] void refuse_usage(std::string message) { throw Error(ErrorCode::usage, std::move(message)); }

bool is_flag(const Option& option) { return option.value_name.empty() && !option.positional(); }

const Option* find(std::string_view spelling, std::span<const Option> rows) {
    for (const Option& row : rows) {
        const auto& spellings = row.positional() ? row.named : row.spellings;
        if (std::find(spellings.begin(), spellings.end(), spelling) != spellings.end()) return &row;
    }
    return nullptr;
}

[[noreturn]] void refuse_unknown(std::string_view argument, std::span<const Option> rows) {
    std::vector<std::string_view> known;
    for (const Option& row : rows)
        if (!row.positional()) known.insert(known.end(), row.spellings.begin(), row.spellings.end());
    const std::string_view name = argument.substr(0, argument.find('='));
    refuse_usage(fmt::format("unknown option {}{}", name, did_you_mean(name, known)));
}

// Hands positionals to their rows in order, without those given by name; the last one may take many.
class Positionals {
public:
    Positionals(std::span<const Option> rows, std::span<const Occurrence> given) {
        const auto is_named = [&](const Option& row) {
            return std::any_of(given.begin(), given.end(), [&](const Occurrence& o) { return o.option == &row; });
        };
        for (const Option& row : rows)
            if (row.positional() && (row.repeatable || !is_named(row))) rows_.push_back(&row);
    }

    Occurrence take(std::string_view value) {
        if (next_ == rows_.size()) refuse_usage(fmt::format("unexpected argument '{}'", value));
        const Option* row = rows_[next_];
        if (!row->repeatable) ++next_;
        return {row, row->spellings.front(), value};
    }

private:
    std::vector<const Option*> rows_;
    std::size_t next_ = 0;
};

void check_choice(const Occurrence& given) {
    const auto& choices = given.option->choices;
    if (choices.empty() || std::find(choices.begin(), choices.end(), given.value) != choices.end()) return;
    refuse_usage(fmt::format("{}: '{}' is not one of {}", given.typed, given.value, fmt::join(choices, ", ")));
}

void call_setter(const Occurrence& given) {
    try {
        given.option->set(given.value);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::usage) throw;
        refuse_usage(fmt::format("{}: {}", given.typed, error.message()));
    }
}

}  // namespace

bool looks_like_option(std::string_view argument) { return argument.size() > 1 && argument.front() == '-'; }

Spelled spelled(std::string_view argument, std::span<const Option> rows) {
    if (const Option* row = find(argument, rows)) return {row, argument, false, {}};
    const std::size_t equals = argument.find('=');
    if (equals != std::string_view::npos) {
        const std::string_view name = argument.substr(0, equals);
        return {find(name, rows), name, true, argument.substr(equals + 1)};
    }
    if (argument.size() > 2 && argument[1] != '-' && argument[2] >= '0' && argument[2] <= '9') {
        const Option* row = find(argument.substr(0, 2), rows);
        if (row != nullptr && !is_flag(*row)) return {row, argument.substr(0, 2), true, argument.substr(2)};
    }
    return {};
}

std::vector<Occurrence> match_rows(Arguments arguments, std::span<const Option> rows) {
    std::vector<Occurrence> result;
    bool options_ended = false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view argument = arguments[i];
        if (options_ended || !looks_like_option(argument)) {
            result.push_back({nullptr, argument, argument});
            continue;
        }
        if (argument == "--") {
            options_ended = true;
            continue;
        }
        const Spelled found = spelled(argument, rows);
        if (found.option == nullptr) refuse_unknown(argument, rows);
        if (is_flag(*found.option) && found.has_value) refuse_usage(fmt::format("{} takes no value", found.typed));
        if (is_flag(*found.option) || found.has_value) {
            result.push_back({found.option, found.typed, found.value});
            continue;
        }
        if (++i == arguments.size())
            refuse_usage(
                fmt::format("{} needs a value: {}", found.typed,
                            found.option->positional() ? found.option->spellings.front() : found.option->value_name));
        result.push_back({found.option, found.typed, arguments[i]});
    }
    Positionals positionals(rows, result);
    for (Occurrence& occurrence : result)
        if (occurrence.option == nullptr) occurrence = positionals.take(occurrence.value);
    return result;
}

void call_setters(std::span<const Occurrence> occurrences, std::span<const Option> rows) {
    const auto given = [&](const Option& row) {
        return std::any_of(occurrences.begin(), occurrences.end(),
                           [&](const Occurrence& o) { return o.option == &row; });
    };
    for (const Option& row : rows)
        if (row.required && !given(row)) refuse_usage(fmt::format("{} is missing", row.spellings.back()));
    for (std::size_t i = 0; i < occurrences.size(); ++i) {
        const Occurrence& current = occurrences[i];
        check_choice(current);
        const bool overridden = !current.option->repeatable &&
                                std::any_of(occurrences.begin() + static_cast<std::ptrdiff_t>(i) + 1, occurrences.end(),
                                            [&](const Occurrence& later) { return later.option == current.option; });
        if (!overridden) call_setter(current);
    }
}

}  // namespace attnx::cli
