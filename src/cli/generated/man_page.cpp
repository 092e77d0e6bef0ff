// roff, man macros. Everything beyond ASCII is written as \[uXXXX], so that no encoding needs to be guessed.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utf8proc.h>

#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "attnx/base/version.h"
#include "generate.h"
#include "help.h"

namespace attnx::cli {
namespace {

std::string roff(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = codepoint_length(text, i);
        const char c = text[i];
        if (c == '\\') result += "\\e";
        else if (c == '-') result += "\\-";
        else if ((c == '.' || c == '\'') && (i == 0 || text[i - 1] == '\n')) (result += "\\&") += c;
        else if (length > 1) {
            utf8proc_int32_t codepoint = 0;
            utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(&text[i]), static_cast<utf8proc_ssize_t>(length),
                             &codepoint);
            result += fmt::format("\\[u{:04X}]", codepoint);
        } else result += c;
        i += length;
    }
    return result;
}

// Blank lines separate paragraphs.
std::string paragraphs(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find("\n\n"), text.size());
        result += (result.empty() ? "" : ".PP\n") + roff(text.substr(0, end)) + "\n";
        text.remove_prefix(std::min(end + 2, text.size()));
    }
    return result;
}

std::string option_list(const Options& options, bool positional) {
    std::string result;
    for (const Option& option : options) {
        if (option.positional() != positional) continue;
        std::string spellings = spelling_list(option);
        for (const std::string& name : option.named) spellings += ", " + name;
        result += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(spellings), roff(option_help(option)));
    }
    return result;
}

std::string example_list(const CommandRow& row) {
    std::string result;
    for (const Example& example : row.examples)
        result += fmt::format(".PP\n{}\n.PP\n.RS 4\n.nf\nattnx {}\n.fi\n.RE\n",
                              roff(example.meaning.empty() ? "Example:" : example.meaning), roff(example.line));
    return result;
}

std::string command_section(const CommandRow& row) {
    const Options options = rows_of(row);
    return fmt::format(".SS \"attnx {}\"\n{}\n.PP\n{}{}{}{}", roff(usage_line(row, options)),
                       roff(sentence(row.summary)), paragraphs(row.description), option_list(options, true),
                       option_list(options, false), example_list(row));
}

struct Variable {
    std::string_view name;
    std::string_view meaning;
};

constexpr Variable kEnvironment[] = {
    {"ATTNX_MODEL", "The model of kv-cost and compute-cost when none is named."},
    {"NO_COLOR", "When set and not empty, no colours unless --color always is given."},
    {"CLICOLOR_FORCE, FORCE_COLOR", "When set, neither empty nor 0, colours also on a pipe. NO_COLOR wins."},
    {"TERM, COLORTERM", "How many colours the terminal has; TERM=dumb has none."},
    {"COLUMNS", "The width of a terminal that does not tell."},
    {"LC_ALL, LC_CTYPE, LANG",
     "Tables keep to ASCII unless the locale is UTF-8. JSON, CSV and Markdown are always UTF-8."},
    {"HF_HOME, HF_HUB_CACHE", "Where the hub's cache is, and its token."},
    {"HF_ENDPOINT, HF_TOKEN", "The hub that is asked for hf: names that the cache does not have, and as whom."},
    {"OLLAMA_MODELS, ATTNX_OLLAMA_REGISTRY",
     "Ollama's store, and the registry that is asked for what it does not have."},
    {"XDG_CACHE_HOME", "Headers that were fetched from servers are kept in attnx/headers below it."},
    {"ATTNX_TIMEOUT", "Seconds until a server that sends nothing to speak of is given up; 30."},
    {"https_proxy, no_proxy, CURL_CA_BUNDLE", "These and all else that the program curl heeds, which fetches."},
};

}  // namespace

std::string man_page(std::span<const CommandRow> commands) {
    std::string text = fmt::format(".TH ATTNX 1 \"\" \"attnx {}\" \"User Commands\"\n", kVersion);
    text += ".SH NAME\nattnx \\- show the attention of language models in GGUF files\n";
    text += ".SH SYNOPSIS\n\\fBattnx\\fR \\fICOMMAND\\fR \\fIMODEL\\fR [\\fIoptions\\fR]\n";
    text +=
        ".SH DESCRIPTION\nReads GGUF files and answers what their attention looks like, what it costs and what it does.\n"
        "Options may stand before or after the command. Data goes to standard output, everything else to standard error.\n";
    text += ".SH COMMANDS\n";
    for (const CommandRow& row : commands)
        if (!row.group.empty()) text += command_section(row);
    text += ".SH OPTIONS OF EVERY COMMAND\n" + option_list(global_rows(), false);
    text +=
        ".SH EXIT STATUS\n.TP\n\\fB0\\fR\nAnswered.\n.TP\n\\fB1\\fR\nAnswered, and the answer is no: check found errors, "
        "diff found differences, a key or layer was not found.\n.TP\n\\fB2\\fR\nNot answered: usage, unreadable or malformed "
        "input, a refused configuration, output that could not be written.\n";
    text += ".SH ENVIRONMENT\n";
    for (const Variable& variable : kEnvironment)
        text += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(variable.name), roff(variable.meaning));
    text +=
        ".SH DIAGNOSTICS\nA failure is one line on standard error that ends with its code in brackets; with \\-\\-json it is "
        "also an object on standard output. The codes:\n";
    for (const ErrorRow& row : error_table())
        text += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(row.slug), roff(row.phrase));
    return text;
}

}  // namespace attnx::cli
