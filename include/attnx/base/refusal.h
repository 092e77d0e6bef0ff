// base: why llama.cpp would not take a file.
#pragma once

#include <string>

namespace attnx {

struct Refusal {
    std::string message;  // one line, ours; printable
    std::string name;     // the tensor or key it is about; empty when none
};

}  // namespace attnx
