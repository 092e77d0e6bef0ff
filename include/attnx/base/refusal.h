// base: why llama.cpp would not take a file. A fact about the file, so it is a value: attnx itself goes on.
#pragma once

#include <string>

namespace attnx {

struct Refusal {
    std::string message;  // one line, ours; printable
    std::string name;     // the tensor or key it is about; empty when none

    friend bool operator==(const Refusal&, const Refusal&) = default;
};

}  // namespace attnx
