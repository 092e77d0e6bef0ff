// cli: the curl program, by which servers are asked. Private to cli.
#pragma once

#include <cstdint>
#include <string>

#include "attnx/places/server.h"

namespace attnx::cli {

struct ServerCallOptions {
    std::string key = {};         // sent to whom it is asked for, and seen by nobody else
    std::uint64_t seconds = 600;  // for each answer, to its end
};

// A process for each call, as curl_exchange (curl.h) has them, but for lines that are timed as they come. Throws
// not_fetched where there is no curl.
places::CallServer curl_calls(ServerCallOptions options);

}  // namespace attnx::cli
