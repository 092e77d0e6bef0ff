// CLI11 gives each argument to an option; no other file sees it. Version 2.1 reads words after one dash (`-ctk q8_0`)
// as clusters of letters and `--filter=` as an option without a value. So options are respelled from the rows first:
// words get a second dash, and a value is an argument of its own, which CLI11 takes whatever it looks like. Setters are
// called in the order typed, as callbacks would not be.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "attnx/base/error.h"
#include "parse.h"
#include "suggest.h"

namespace attnx::cli {
namespace {

[[noreturn]] void refuse_arguments(std::string message) { throw Error(ErrorCode::usage, std::move(message)); }

[[noreturn]] void refuse_unknown(std::string_view argument, std::span<const Option> rows) {
    std::vector<std::string_view> known;
    for (const Option& row : rows)
        if (!row.positional()) known.insert(known.end(), row.spellings.begin(), row.spellings.end());
    const std::string_view name = argument.substr(0, argument.find('='));
    refuse_arguments(fmt::format("unknown option {}{}", name, did_you_mean(name, known)));
}

std::string respelled(std::string_view spelling) {
    const bool word_after_one_dash = spelling.size() > 2 && !spelling.starts_with("--");
    return (word_after_one_dash ? "-" : "") + std::string(spelling);
}

class Matcher {
public:
    Matcher(Arguments arguments, std::span<const Option> rows) : rows_(rows) {
        respell(arguments);
        app_.set_help_flag();  // help is a row like others
        for (const Option& row : rows_) {
            add_option(row);
            if (row.positional()) add_positional(row);
        }
    }

    std::vector<Occurrence> match() {
        std::reverse(words_.begin(), words_.end());  // as CLI11 expects them
        try {
            app_.parse(std::move(words_));
        } catch (const CLI::ArgumentMismatch&) {
            const Option& row = *typed_.back().option;  // only the last may be without a value
            refuse_arguments(fmt::format("{} needs a value: {}", typed_.back().typed,
                                         row.positional() ? row.spellings.front() : row.value_name));
        } catch (const CLI::RequiredError&) {
            const auto missing = std::find_if(added_.begin(), added_.end(), [](const Added& added) {
                return added.option->get_required() && added.option->count() == 0;
            });
            refuse_arguments(fmt::format("{} is missing", missing->row->spellings.back()));
        } catch (const CLI::ExtrasError&) {
            std::vector<std::string> extra = app_.remaining();
            if (extra.size() > 1 && extra.front() == "--") extra.erase(extra.begin());
            refuse_arguments(fmt::format("unexpected argument '{}'", extra.front()));
        }
        return occurrences();
    }

private:
    struct Added {
        const Option* row;
        CLI::Option* option;
        std::size_t taken = 0;  // of its results
    };

    bool is_given_by_name(const Option& row) const {
        return std::any_of(typed_.begin(), typed_.end(), [&](const Spelled& s) { return s.option == &row; });
    }

    void respell(Arguments arguments) {
        bool options_ended = false;
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            const std::string_view argument = arguments[i];
            options_ended = options_ended || argument == "--";
            if (options_ended || !looks_like_option(argument)) {
                words_.emplace_back(argument);
                continue;
            }
            const Spelled found = spelled(argument, rows_);
            if (found.option == nullptr) refuse_unknown(argument, rows_);
            const bool is_flag = found.option->is_flag();
            if (is_flag && found.has_value) refuse_arguments(fmt::format("{} takes no value", found.typed));
            typed_.push_back(found);
            words_.push_back(respelled(found.typed));
            if (found.has_value) words_.emplace_back(found.value);
            else if (!is_flag && i + 1 < arguments.size()) words_.emplace_back(arguments[++i]);
        }
    }

    // One that was typed, or has to be: CLI11 compares every name with every other, a tenth of the time of a short
    // command. With the spellings that are its own: a command may give one of a global option another meaning.
    void add_option(const Option& row) {
        const bool needed = row.required && !row.positional();
        if (!needed && !is_given_by_name(row)) return;
        std::vector<std::string> names;
        for (const std::string& spelling : row.option_spellings())
            if (spelled(spelling, rows_).option == &row) names.push_back(respelled(spelling));
        if (names.empty()) return;
        const std::string name = fmt::format("{}", fmt::join(names, ","));
        CLI::Option* option = row.is_flag() ? app_.add_flag(name) : app_.add_option(name);
        option->take_all()->required(needed);
        added_.push_back({&row, option});
    }

    // One that was given by name is no place for a word, unless it takes several. It then takes as many as there are
    // and not any number, for which CLI11 would split "[a,b]".
    void add_positional(const Option& row) {
        const bool named = is_given_by_name(row);
        if (named && !row.repeatable) return;
        CLI::Option* option = app_.add_option(row.spellings.front())->required(row.required && !named)->take_all();
        if (row.repeatable) option->expected(static_cast<int>(words_.size()) + 1);
        added_.push_back({&row, option});
    }

    std::vector<Occurrence> occurrences() {
        std::vector<Occurrence> result;
        auto typed = typed_.begin();
        for (const CLI::Option* option : app_.parse_order()) {
            Added& added =
                *std::find_if(added_.begin(), added_.end(), [&](const Added& a) { return a.option == option; });
            const std::string& value = option->results()[added.taken++];
            const Option& row = *added.row;
            if (option->get_positional()) result.push_back({&row, row.spellings.front(), value});
            else result.push_back({&row, (typed++)->typed, row.is_flag() ? "" : value});
        }
        return result;
    }

    std::span<const Option> rows_;
    std::vector<Spelled> typed_;      // the options, in order
    std::vector<std::string> words_;  // what CLI11 is given
    CLI::App app_;
    std::vector<Added> added_;
};

}  // namespace

std::vector<Occurrence> match_rows(Arguments arguments, std::span<const Option> rows) {
    return Matcher(arguments, rows).match();
}

}  // namespace attnx::cli
