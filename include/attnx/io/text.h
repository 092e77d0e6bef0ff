// io: a text read to its end, from wherever it comes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace attnx::io {

// An endless source (/dev/zero) must not eat the machine; the longest context of any model is a few MB of text.
constexpr std::uint64_t kMostText = std::uint64_t{256} << 20;

// A file, or a pipe until its writers are gone; the bytes as they are. Throws cannot_open, not_a_file (a directory),
// read_failed.
std::string read_text(const std::string& path, std::uint64_t most = kMostText);

// From a descriptor that is open, which is called `what` when it fails.
std::string read_pipe(int descriptor, const std::string& what, std::uint64_t most = kMostText);

// As much of it as is enough: asked after each piece, of all that was read. Then the rest is left unread.
using Enough = std::function<bool(std::string_view so_far)>;
std::string read_pipe_until(int descriptor, const std::string& what, const Enough& enough,
                            std::uint64_t most = kMostText);

std::string read_standard_input(std::uint64_t most = kMostText);
std::string read_standard_input_until(const Enough& enough, std::uint64_t most = kMostText);

}  // namespace attnx::io
