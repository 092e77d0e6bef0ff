// analysis: is this file whole, does it agree with itself, and would llama.cpp load it?
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "attnx/analysis/check_data.h"
#include "attnx/analysis/file_kind.h"
#include "attnx/analysis/loads.h"
#include "attnx/base/error.h"
#include "attnx/base/findings.h"
#include "attnx/gguf/byte_map.h"
#include "attnx/gguf/file.h"

namespace attnx::analysis {

struct RegionBytes {
    gguf::Region region;
    std::uint64_t bytes = 0;
    std::uint64_t extents = 0;
};

struct CheckResult {
    std::string path;
    KindOfFile is;
    std::string architecture;
    std::uint64_t size_bytes = 0;
    std::vector<RegionBytes> regions;  // of all shards; bytes add up to size_bytes
    Findings findings;
    LoadVerdict verdict;
    std::optional<DataSummary> data;  // when the numbers were read
    std::optional<Error> error;       // the file could not be read at all; the rest is then empty, but for the verdict

    std::uint64_t count(Severity severity) const;
    bool whole() const { return !error && count(Severity::error) == 0 && verdict.loads != false; }
};

// Reads headers and vocabulary; with `reading` the tensors' numbers, too. Never throws for what is wrong with the file:
// that is the answer.
CheckResult check(const std::filesystem::path& path, const Reading* reading = nullptr);

// The same of what `open` opens, and which is called `path`.
using OpenFile = std::function<gguf::File(gguf::OpenOptions options)>;
CheckResult check(const std::string& path, const OpenFile& open, const Reading* reading = nullptr);

}  // namespace attnx::analysis
