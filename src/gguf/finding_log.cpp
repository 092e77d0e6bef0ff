#include "finding_log.h"

#include <fmt/format.h>

#include "attnx/base/text.h"

namespace attnx::gguf {

void FindingLog::keep(FindingId id, const std::string& message) {
    findings_.push_back({id, printable(part_.empty() ? message : part_ + ": " + message)});
}

Findings FindingLog::take() {
    for (const FindingRow& kind : finding_table()) {
        const std::uint64_t count = counts_[static_cast<std::size_t>(kind.id)];
        if (count > kKept) findings_.push_back({kind.id, fmt::format("and {} more: {}", count - kKept, kind.phrase)});
    }
    return std::move(findings_);
}

}  // namespace attnx::gguf
