// analysis: reading every number of a file, to find those that are none.
#pragma once

#include <cstdint>
#include <functional>

#include "attnx/base/findings.h"
#include "attnx/gguf/file.h"

namespace attnx::analysis {

// How far reading has come; called from the reading thread.
struct Reading {
    std::function<void(std::uint64_t bytes)> begins = {};    // all that will be read
    std::function<void(std::uint64_t bytes)> advances = {};  // so many more were
};

struct DataSummary {
    std::uint64_t tensors = 0;  // read to the end, or to their first fault
    std::uint64_t bytes = 0;    // of these tensors
    std::uint64_t unread = 0;   // tensors of unknown type, or not whole in the file
    std::uint64_t invalid = 0;  // tensors with a fault
};

// One invalid_data finding per faulty tensor (a flood is counted), as llama.cpp's --check-tensors would refuse it.
// Reads in the order of the file, a few MiB at a time.
DataSummary check_data(const gguf::File& file, const Reading& reading, Findings& findings);

}  // namespace attnx::analysis
