// places: what was fetched, kept on this machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "attnx/places/stores.h"
#include "attnx/places/transport.h"

namespace attnx::places {

// Of a file its header, of what servers say all of it.
struct Kept {
    std::string version;     // as the server calls it; may be empty
    std::uint64_t size = 0;  // of the whole
    std::string bytes = {};  // its beginning
};

// A file for each URL, for its owner alone. What cannot be read or written is done without, and so is a folder that
// others may write to. URLs with a query are not kept, for that may be a key.
class Cache {
public:
    explicit Cache(std::filesystem::path folder);  // empty: nothing is kept
    std::optional<Kept> find(const Url& url) const;
    void keep(const Url& url, const Kept& kept) const;

private:
    std::filesystem::path place_of(const Url& url) const;
    std::filesystem::path folder_;
};

std::filesystem::path cache_root(const Variable& variable);  // XDG_CACHE_HOME, HOME; empty: nowhere

// How files on servers are reached.
struct Access {
    Asking asking;
    Cache cache;
};

// All that a server says at an address, or said when it was asked last. Throws not_fetched.
std::string fetch_text(const Access& access, const Url& url, const std::string& accept);

}  // namespace attnx::places
