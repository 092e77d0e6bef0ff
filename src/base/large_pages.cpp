#include "attnx/base/large_pages.h"

#include <sys/mman.h>

#include <cstdint>

namespace attnx {

void prefer_large_pages(void* memory, std::size_t bytes) noexcept {
    constexpr std::size_t kPage = 4096, kWorthACall = std::size_t{1} << 18;
    if (bytes < kWorthACall) return;
    // Whole pages: neighbours that are asked for, too, then make up large ones together.
    const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(memory), before = address % kPage;
    ::madvise(static_cast<char*>(memory) - before, before + bytes, MADV_HUGEPAGE);
}

}  // namespace attnx
