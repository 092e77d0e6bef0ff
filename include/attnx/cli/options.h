// cli: options as rows. A command declares what it understands; parser, help, man page and completions read the same
// rows.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace attnx::cli {

enum class ValueHint : unsigned char { none, file, model, tensor, key, command };  // for completions

struct Option {
    std::vector<std::string> spellings =
        {};                         // {"-c", "--ctx", "--ctx-size"}; a positional has one without dashes: {"MODEL"}
    std::string value_name = {};    // "N[,N…]"; empty: a flag
    std::string help = {};          // one sentence
    std::string default_text = {};  // shown in help, may be empty
    std::vector<std::string> choices = {};  // closed set, or empty
    bool required = false;
    bool repeatable = false;  // a positional that takes many, an option given more than once
    ValueHint hint = ValueHint::none;
    // Called for each occurrence, in order, with the value as typed ("" for flags). Throws Error{usage}.
    std::function<void(std::string_view)> set = {};

    std::vector<std::string> named = {};  // a positional's spellings with dashes, as llama.cpp's -m FILE

    bool positional() const { return !spellings.front().starts_with('-'); }
    bool is_flag() const { return value_name.empty() && !positional(); }
    const std::vector<std::string>& option_spellings() const { return positional() ? named : spellings; }
};

using Options = std::vector<Option>;

}  // namespace attnx::cli
