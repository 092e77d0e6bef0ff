#include "help.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "../app.h"

namespace attnx::cli {
namespace {

using view::Cell;
using view::Show;

constexpr std::uint32_t kReadingWidth = 100;

// A summary as a headline: a sentence without its full stop.
std::string headline(std::string_view summary) {
    std::string text = sentence(summary);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

view::Facts option_block(std::string title, std::span<const Option> options, bool positional) {
    view::Facts block{.title = std::move(title), .show = Show::people};
    for (const Option& option : options)
        if (option.positional() == positional)
            block.facts.push_back({.label = spelling_list(option), .value = option_help(option)});
    return block;
}

void add_paragraphs(std::vector<view::Block>& blocks, std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find("\n\n"), text.size());
        std::string paragraph(text.substr(0, end));
        std::replace(paragraph.begin(), paragraph.end(), '\n', ' ');
        blocks.emplace_back(view::Note{std::move(paragraph)});
        text.remove_prefix(std::min(end + 2, text.size()));
    }
}

std::string example_text(const CommandRow& row) {
    std::string text = row.examples.empty() ? "" : "Examples\n";
    for (const Example& example : row.examples)
        text += fmt::format("  $ attnx {}\n{}", example.line,
                            example.meaning.empty() ? "" : fmt::format("      {}\n", example.meaning));
    return text;
}

std::vector<view::Block> command_blocks(const CommandRow& row, const Options& options, const Options& globals) {
    std::vector<view::Block> blocks;
    blocks.emplace_back(view::Note{fmt::format("attnx {}: {}", row.name, headline(row.summary))});
    blocks.emplace_back(view::Note{"Usage: attnx " + usage_line(row, options)});
    add_paragraphs(blocks, row.description);
    blocks.emplace_back(option_block("Arguments", options, true));
    blocks.emplace_back(option_block("Options", options, false));
    blocks.emplace_back(option_block("Options of every command", globals, false));
    blocks.emplace_back(view::Raw{example_text(row)});
    return blocks;
}

std::vector<view::Block> overview_blocks(std::span<const CommandRow> commands, const Options& globals) {
    std::vector<view::Block> blocks;
    blocks.emplace_back(view::Note{"attnx: the attention of language models in GGUF files"});
    blocks.emplace_back(view::Note{"Usage: attnx COMMAND MODEL [options]"});
    std::vector<std::string_view> groups;
    for (const CommandRow& row : commands) {
        if (row.group.empty() || std::find(groups.begin(), groups.end(), row.group) != groups.end()) continue;
        groups.push_back(row.group);
        view::Facts block{.title = std::string(row.group), .show = Show::people};
        for (const CommandRow& other : commands)
            if (other.group == row.group)
                block.facts.push_back({.label = std::string(other.name), .value = headline(other.summary)});
        blocks.emplace_back(std::move(block));
    }
    blocks.emplace_back(option_block("Options of every command", globals, false));
    blocks.emplace_back(view::Note{"`attnx help COMMAND` shows a command's options and examples."});
    return blocks;
}

view::List texts(const std::vector<std::string>& list) { return view::List(list.begin(), list.end()); }

view::Table option_table(std::span<const Option> options) {
    view::Table table{.id = "options", .show = Show::scripts};
    for (const char* id : {"spellings", "value", "help", "default", "choices", "required", "repeatable"})
        table.columns.push_back({.id = id, .label = id});
    const auto or_null = [](const std::string& text) { return text.empty() ? Cell() : Cell(text); };
    for (const Option& option : options)
        table.rows.push_back({texts(option.spellings), or_null(option.value_name), Cell(option.help),
                              or_null(option.default_text), texts(option.choices), Cell(option.required),
                              Cell(option.repeatable)});
    return table;
}

view::Table command_table(std::span<const CommandRow> commands) {
    view::Table table{.id = "commands", .show = Show::scripts};
    for (const char* id : {"name", "group", "summary"}) table.columns.push_back({.id = id, .label = id});
    for (const CommandRow& row : commands)
        if (!row.group.empty()) table.rows.push_back({Cell(row.name), Cell(row.group), Cell(row.summary)});
    return table;
}

// Help reads best in lines of moderate length, also where the surface would allow any.
std::string laid_out(std::vector<view::Block> blocks, const Environment& environment) {
    view::Document page{.command = "help", .blocks = std::move(blocks)};
    view::Surface surface = environment.out;
    surface.width = std::min(surface.width.value_or(kReadingWidth), kReadingWidth);
    return view::text_of(view::default_output(), page, surface);
}

}  // namespace

std::string spelling_list(const Option& option) {
    std::string text = fmt::format("{}", fmt::join(option.spellings, ", "));
    if (option.positional()) return option.repeatable ? text + "…" : text;
    return option.value_name.empty() ? text : text + " " + option.value_name;
}

std::string sentence(std::string_view text) {
    std::string result(text);
    // A first word with digits or capitals in it is a name: "f16", "vLLM".
    const std::string_view first = text.substr(0, text.find(' '));
    const bool is_word =
        std::all_of(first.begin(), first.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == ',' || c == ';'; });
    if (is_word && !result.empty()) result.front() = static_cast<char>(result.front() - 'a' + 'A');
    if (!result.empty() && std::string_view(".!?").find(result.back()) == std::string_view::npos) result += '.';
    return result;
}

std::string option_help(const Option& option) {
    std::string text = sentence(option.help);
    if (!option.choices.empty()) text += fmt::format(" One of: {}.", fmt::join(option.choices, ", "));
    if (option.repeatable && !option.positional()) text += " May be given more than once.";
    if (!option.default_text.empty()) text += fmt::format(" Default: {}.", option.default_text);
    return text;
}

std::string usage_line(const CommandRow& row, const Options& options) {
    std::string text(row.name);
    bool any_option = false;
    for (const Option& option : options) {
        if (!option.positional()) {
            any_option = true;
            if (option.required) text += fmt::format(" {} {}", option.spellings.back(), option.value_name);
            continue;
        }
        const std::string name = spelling_list(option);
        text += option.required ? " " + name : " [" + name + "]";
    }
    return any_option ? text + " [options]" : text;
}

view::Document help(std::span<const CommandRow> commands, const CommandRow* row, const Environment& environment) {
    Globals unused;
    const Options globals = global_options(unused);
    view::Document document{.command = "help"};
    if (row == nullptr) {
        document.blocks.emplace_back(command_table(commands));
        document.blocks.emplace_back(option_table(globals));
        document.blocks.emplace_back(view::Raw{laid_out(overview_blocks(commands, globals), environment)});
        return document;
    }
    const auto command = row->make();
    const Options options = command->declare();
    view::Facts name{.show = Show::scripts};
    name.facts.push_back({.id = "name", .value = row->name});
    name.facts.push_back({.id = "usage", .value = "attnx " + usage_line(*row, options)});
    document.blocks.emplace_back(std::move(name));
    document.blocks.emplace_back(option_table(options));
    document.blocks.emplace_back(view::Raw{laid_out(command_blocks(*row, options, globals), environment)});
    return document;
}

}  // namespace attnx::cli
