#include "app.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "arguments/suggest.h"
#include "attnx/base/error.h"

namespace attnx::cli {
namespace {

constexpr std::string_view kFormat = "--format";

std::vector<std::string> format_names() {
    std::vector<std::string> names;
    for (const view::OutputRow& row : view::outputs())
        if (row.render != nullptr) names.emplace_back(row.name);
    return names;
}

std::string own_option(const view::OutputRow& row) { return "--" + std::string(row.name); }

view::ColourWish colour_wish(std::string_view text) {
    if (text == "always") return view::ColourWish::always;
    return text == "never" ? view::ColourWish::never : view::ColourWish::automatic;
}

// Where the command stands: the first word that is no option's value. Before the command only the global options are
// known for certain, so after an unknown one the search goes on for a word that is a command.
std::optional<std::size_t> command_position(std::span<const CommandRow> commands, Arguments arguments,
                                            std::span<const Option> globals) {
    bool unknown_before = false;
    std::optional<std::size_t> first_word;
    for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
        if (looks_like_option(arguments[i])) {
            const Spelled found = spelled(arguments[i], globals);
            if (found.option == nullptr) unknown_before = true;
            else if (!found.has_value && !found.option->value_name.empty()) ++i;
            continue;
        }
        const bool is_command = std::any_of(commands.begin(), commands.end(),
                                            [&](const CommandRow& row) { return row.name == arguments[i]; });
        if (is_command) return i;
        if (!first_word) first_word = i;
        if (!unknown_before) break;
    }
    return first_word;
}

bool asks_for_help(Arguments arguments) {
    const auto end = std::find(arguments.begin(), arguments.end(), "--");
    return std::any_of(arguments.begin(), end, [](std::string_view a) { return a == "-h" || a == "--help"; });
}

// Global rows and the command's own in one list; a command may give a spelling of its own another meaning.
Options joined(Options own, Options globals) {
    own.insert(own.end(), std::make_move_iterator(globals.begin()), std::make_move_iterator(globals.end()));
    return own;
}

}  // namespace

Options global_options(Globals& globals) {
    Options options = {{.spellings = {std::string(kFormat)},
                        .value_name = "FORMAT",
                        .help = "How to print the answer.",
                        .default_text = std::string(view::default_output().name),
                        .choices = format_names(),
                        .set = [&globals](std::string_view value) { globals.output = view::find_output(value); }}};
    for (const view::OutputRow& row : view::outputs())
        if (row.own_option)
            options.push_back({.spellings = {own_option(row)},
                               .help = fmt::format("The same as {} {}.", kFormat, row.name),
                               .set = [&globals, &row](std::string_view) { globals.output = &row; }});
    Options others = {
        {.spellings = {"--color"},
         .value_name = "WHEN",
         .help = "Colours; auto means on a terminal, unless NO_COLOR is set.",
         .default_text = "auto",
         .choices = {"auto", "always", "never"},
         .set = [&globals](std::string_view value) { globals.colour = colour_wish(value); }},
        {.spellings = {"-q", "--quiet"},
         .help = "No progress on standard error.",
         .set = [&globals](std::string_view) { globals.quiet = true; }},
        {.spellings = {"--offline"},
         .help = "Ask no server: headers that were fetched before answer alone.",
         .set = [&globals](std::string_view) { globals.offline = true; }},
        {.spellings = {"-h", "--help"},
         .help = "Show help.",
         .set = [&globals](std::string_view) { globals.help = true; }},
        {.spellings = {"--version"},
         .help = "Show the version.",
         .set = [&globals](std::string_view) { globals.version = true; }},
    };
    options.insert(options.end(), std::make_move_iterator(others.begin()), std::make_move_iterator(others.end()));
    return options;
}

const CommandRow& find_command(std::span<const CommandRow> commands, std::string_view name) {
    std::vector<std::string_view> known;
    for (const CommandRow& row : commands) {
        if (row.name == name) return row;
        if (!row.group.empty()) known.push_back(row.name);
    }
    const std::string hint = did_you_mean(name, known);
    throw Error(ErrorCode::usage,
                fmt::format("unknown command '{}'{}", name, hint.empty() ? "; try attnx --help" : hint));
}

Invocation parse(std::span<const CommandRow> commands, Arguments arguments) {
    Invocation result;
    const Options globals = global_options(result.globals);
    const auto position = command_position(commands, arguments, globals);
    if (!position) {
        call_setters(match_rows(arguments, globals));
        result.globals.help = result.globals.help || arguments.empty();
        if (!result.globals.help && !result.globals.version)
            throw Error(ErrorCode::usage, "no command was given; try attnx --help");
        return result;
    }
    result.row = &find_command(commands, arguments[*position]);
    if (asks_for_help(arguments)) {
        result.globals.help = true;
        result.globals.output = &output_asked_for(arguments);
        return result;
    }
    std::vector<std::string_view> rest(arguments.begin(), arguments.end());
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(*position));
    result.command = result.row->make();
    const Options rows = joined(result.command->declare(), global_options(result.globals));
    call_setters(match_rows(rest, rows));
    return result;
}

const view::OutputRow& output_asked_for(Arguments arguments) {
    const view::OutputRow* asked = &view::default_output();
    const std::string with_value = std::string(kFormat) + "=";
    for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
        std::string_view name;
        if (arguments[i] == kFormat && i + 1 < arguments.size()) name = arguments[i + 1];
        if (arguments[i].starts_with(with_value)) name = arguments[i].substr(with_value.size());
        if (const view::OutputRow* row = view::find_output(name)) asked = row;
        for (const view::OutputRow& row : view::outputs())
            if (row.own_option && arguments[i] == own_option(row)) asked = &row;
    }
    return *asked;
}

}  // namespace attnx::cli
