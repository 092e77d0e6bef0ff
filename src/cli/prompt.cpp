#include "prompt.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "attnx/base/error.h"

namespace attnx::cli {
namespace {

std::string read_file(const std::string& path) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) throw Error(ErrorCode::not_a_file, "is a directory, not a text", {path, std::nullopt, {}});
    std::ifstream in(path, std::ios::binary);
    if (!in) throw Error(ErrorCode::cannot_open, "cannot be opened", {path, std::nullopt, {}});
    std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (in.bad()) throw Error(ErrorCode::read_failed, "cannot be read", {path, std::nullopt, {}});
    return text;
}

}  // namespace

void Prompt::declare(Options& options) {
    options.push_back({.spellings = {"-p", "--prompt"}, .value_name = "TEXT", .help = "The text.",
                       .set = [this](std::string_view text) { text_ = text; }});
    options.push_back({.spellings = {"-f", "--file"}, .value_name = "FILE", .help = "Read the text from a file, to the last byte.", .hint = ValueHint::file,
                       .set = [this](std::string_view path) { path_ = path; }});
    options.push_back({.spellings = {"INPUT"}, .help = "\"-\" reads the text from standard input, as does saying nothing in a pipe.",
                       .set = [this](std::string_view text) {
                           if (text != "-") throw Error(ErrorCode::usage, fmt::format("'{}': give a text with -p, a file with -f, or - for standard input", text));
                           standard_input_ = true;
                       }});
}

std::string Prompt::read(const Environment& environment) const {
    if (text_.has_value() + path_.has_value() + standard_input_ > 1) throw Error(ErrorCode::usage, "give one text: -p, -f or -");
    if (!given() && environment.stdin_is_terminal) throw Error(ErrorCode::usage, "no text: give one with -p TEXT, -f FILE, or on standard input with -");
    std::string text = text_ ? *text_ : path_ && *path_ != "-" ? read_file(*path_) : environment.read_stdin();
    if (text.empty()) throw Error(ErrorCode::usage, "the text is empty");
    return text;
}

}  // namespace attnx::cli
