// io: one line instead of a silent death when a mapped file shrinks.
//
// A mapping promises bytes that the file may lose: another process truncates or overwrites it, a network file system
// goes away. Touching such a byte raises SIGBUS, which by default kills the process without a word. No check beforehand
// can rule that out, so the process installs a handler that says which file it was and exits with status 2.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace attnx::io {

// Installs the handler, once, for the whole process; for cli. On a SIGBUS inside a watched range it writes
//   attnx: m.gguf: the file was shortened or replaced while it was being read [file-changed]
// to stderr and leaves by _exit(2), using async-signal-safe calls only; unfinished files are removed (unfinished.h). Of
// several threads that fault at once, one speaks. Any other SIGBUS keeps its default effect.
void install_bus_guard();

// Names an address range for the handler while the object lives. MappedFile holds one for each mapping.
// Thread-safe. Beyond 4096 ranges at once (a split set of thousands of parts) the surplus stays unwatched.
class WatchedRange {
public:
    WatchedRange(std::span<const std::byte> bytes, std::string_view path);
    ~WatchedRange();
    WatchedRange(const WatchedRange&) = delete;
    WatchedRange& operator=(const WatchedRange&) = delete;

private:
    struct Entry;
    std::unique_ptr<Entry> entry_;
};

}  // namespace attnx::io
