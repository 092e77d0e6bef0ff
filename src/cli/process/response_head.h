// The head of an answer of a server, as text that is not to be trusted. Private to cli.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "attnx/places/transport.h"

namespace attnx::cli {

inline constexpr std::uint64_t kMostOfHead = std::uint64_t{1} << 18;  // bytes; a longer one has no end

// Status and headers of what begins `text` ("HTTP/1.1 206 …"); of several blocks (1xx comes before) the last. Where the
// body begins; nothing: the head has not ended yet. What is no header is left out.
std::optional<std::size_t> take_head(std::string_view text, places::Response& response);
// The same of all that came so far from `where`. Throws not_fetched once that is more than a head may be.
std::optional<std::size_t> take_head(std::string_view text, places::Response& response, const std::string& where);

}  // namespace attnx::cli
