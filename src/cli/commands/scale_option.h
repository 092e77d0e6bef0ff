// --scale of commands that draw. Private to cli.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "../arguments/option_rows.h"
#include "attnx/view/document.h"

namespace attnx::cli {

inline Option scale_option(std::string default_text, std::function<void(view::Scale)> set) {
    Option option =
        value({"--scale"}, "SCALE", "colours by weight, its root, its logarithm, or the row's maximum",
              std::move(default_text), [set = std::move(set)](std::string_view t) {
                  using enum view::Scale;
                  set(t == "sqrt" ? square_root : t == "log" ? logarithmic : t == "row-max" ? row_maximum : linear);
              });
    option.choices = {"linear", "sqrt", "log", "row-max"};
    return option;
}

}  // namespace attnx::cli
