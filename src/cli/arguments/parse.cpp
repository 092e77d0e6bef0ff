#include "parse.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "attnx/base/error.h"

namespace attnx::cli {
namespace {

[[noreturn]] void refuse_usage(std::string message) { throw Error(ErrorCode::usage, std::move(message)); }

const Option* find(std::string_view spelling, std::span<const Option> rows) {
    for (const Option& row : rows) {
        const auto& spellings = row.option_spellings();
        if (std::find(spellings.begin(), spellings.end(), spelling) != spellings.end()) return &row;
    }
    return nullptr;
}

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
        if (row != nullptr && !row->is_flag()) return {row, argument.substr(0, 2), true, argument.substr(2)};
    }
    return {};
}

void call_setters(std::span<const Occurrence> occurrences) {
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
