// base: threads, as many as the machine lets a process have.
#pragma once

#include <algorithm>
#include <cstddef>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

namespace attnx {

// How many that is: as asked, 0 meaning one per processor.
inline unsigned thread_count(unsigned asked) {
    return asked != 0 ? asked : std::max(1U, std::thread::hardware_concurrency());
}

// Adds up to `count` threads, each running what body_of(its number from 0) gives. When one cannot be started (a limit
// on processes or memory) those before it have to do: threads.size() tells how many there are. Whoever calls it does
// the work too, so none is enough.
template <class BodyOf>
void start_threads(std::vector<std::thread>& threads, std::size_t count, const BodyOf& body_of) {
    try {
        threads.reserve(threads.size() + count);
        for (std::size_t i = 0; i < count; ++i) threads.emplace_back(body_of(i));
    } catch (const std::system_error&) {
    } catch (const std::bad_alloc&) {
    }
}

}  // namespace attnx
