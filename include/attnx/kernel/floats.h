// kernel: arrays of floats that begin where a cache line does: loads of 64 bytes then never touch two. What is not said
// to be zero is not: what comes in by a size alone is written before it is read.
#pragma once

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

#include "attnx/base/large_pages.h"

namespace attnx::kernel {

template <class T>
struct CacheLineAllocator {
    using value_type = T;
    static constexpr std::align_val_t kLine{64};

    CacheLineAllocator() = default;
    template <class U>
    CacheLineAllocator(const CacheLineAllocator<U>&) noexcept {}

    T* allocate(std::size_t n) {
        void* const memory = ::operator new(n * sizeof(T), kLine);
        prefer_large_pages(memory, n * sizeof(T));
        return static_cast<T*>(memory);
    }
    void construct(T* p) noexcept { ::new (static_cast<void*>(p)) T; }
    template <class... Arguments>
    void construct(T* p, Arguments&&... arguments) {
        ::new (static_cast<void*>(p)) T(std::forward<Arguments>(arguments)...);
    }
    void deallocate(T* p, std::size_t) noexcept { ::operator delete(p, kLine); }
    friend bool operator==(const CacheLineAllocator&, const CacheLineAllocator&) { return true; }
};

using Floats = std::vector<float, CacheLineAllocator<float>>;

}  // namespace attnx::kernel
