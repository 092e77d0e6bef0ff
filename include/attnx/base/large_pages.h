// base: memory by large pages, which take fewer faults and fewer entries of the processor's tables.
#pragma once

#include <cstddef>

namespace attnx {

// Asks for them under `bytes` that are about to be written. A hint: what the system makes of it changes no result.
void prefer_large_pages(void* memory, std::size_t bytes) noexcept;

}  // namespace attnx
