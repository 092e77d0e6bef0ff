#include "prompt.h"

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "attnx/io/text.h"

namespace attnx::cli {
void Prompt::declare(Options& options) {
    options.push_back({.spellings = {"-p", "--prompt"},
                       .value_name = "TEXT",
                       .help = "The text.",
                       .set = [this](std::string_view text) { text_ = text; }});
    options.push_back({.spellings = {"-f", "--file"},
                       .value_name = "FILE",
                       .help = "Read the text from a file, to the last byte.",
                       .hint = ValueHint::file,
                       .set = [this](std::string_view path) { path_ = path; }});
    options.push_back(
        {.spellings = {"INPUT"},
         .help = "\"-\" reads the text from standard input, as does saying nothing in a pipe.",
         .set = [this](std::string_view text) {
             if (text != "-")
                 throw Error(ErrorCode::usage,
                             fmt::format("'{}': give a text with -p, a file with -f, or - for standard input", text));
             standard_input_ = true;
         }});
}

std::string Prompt::read(const Environment& environment) const {
    if (text_.has_value() + path_.has_value() + standard_input_ > 1)
        throw Error(ErrorCode::usage, "give one text: -p, -f or -");
    if (!given() && environment.stdin_is_terminal)
        throw Error(ErrorCode::usage, "no text: give one with -p TEXT, -f FILE, or on standard input with -");
    std::string text = text_ ? *text_ : file() ? io::read_text(*path_) : environment.read_stdin();
    if (text.empty()) throw Error(ErrorCode::usage, "the text is empty");
    return text;
}

}  // namespace attnx::cli
