// cli: the curl program, which brings what places asks for. Private to cli.
#pragma once

#include "attnx/cli/command.h"
#include "attnx/places/transport.h"

namespace attnx::cli {

// A child for each exchange, and a bar that shows how far it has come. Proxies, certificates and netrc are as curl has
// them. What it is asked, tokens too, goes to its standard input, never onto a command line; what it has to say of a
// failure is the message. A server that sends nothing to speak of for ATTNX_TIMEOUT seconds (30) is given up.
places::Exchange curl_exchange(const Environment& environment);

}  // namespace attnx::cli
