#include "file_outputs.h"

#include <fmt/format.h>

#include <algorithm>

#include "../arguments/option_rows.h"
#include "attnx/base/error.h"

namespace attnx::cli {

std::string endings(Ability able) {
    std::vector<std::string_view> found;
    for (const view::OutputRow& row : view::outputs())
        if (able(row)) found.push_back(row.ending);
    std::string text;
    for (std::size_t i = 0; i < found.size(); ++i)
        text += fmt::format("{}{}", i == 0 ? "" : i + 1 == found.size() ? " or " : ", ", found[i]);
    return text;
}

const view::OutputRow& output_for(std::string_view path, Ability able) {
    const view::OutputRow* row = view::output_of_file(path);
    if (row == nullptr || !able(*row))
        throw Error(ErrorCode::usage, fmt::format("'{}': the name must end in {}", path, endings(able)));
    return *row;
}

Option output_option(std::vector<std::string>& paths, std::string_view help, Ability able) {
    Option option = value({"-o", "--output"}, "FILE", fmt::format("{} {}", help, endings(able)), "",
                          [&paths, able](std::string_view text) {
                              output_for(text, able);
                              paths.emplace_back(text);
                          });
    option.repeatable = true;
    option.hint = ValueHint::file;
    return option;
}

const view::OutputRow& describing_output() {
    return *std::ranges::find(view::outputs(), view::Carries::everything, &view::OutputRow::carries);
}

}  // namespace attnx::cli
