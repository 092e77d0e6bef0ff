// Runs the built attnx, or another program, as a user would: arguments, input, environment, terminal or pipe.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace attnx::test {

struct Call {
    std::vector<std::string> arguments = {};
    std::string input = {};                               // standard input, then end of file
    std::map<std::string, std::string> environment = {};  // beside PATH, HOME and LC_ALL=C.UTF-8, which it may replace
    std::filesystem::path directory = {};                 // working directory; empty: the test's own
    std::filesystem::path program = {};                   // empty: attnx
    bool terminal = false;                           // standard output (and input, if `input` is empty) is a terminal
    std::uint16_t columns = 80;                      // width of that terminal; 0: the terminal does not tell
    std::string output_to = {};                      // a path such as /dev/full instead of the capture
    std::optional<std::size_t> hang_up_after = {};   // stop reading the output after so many bytes
    std::optional<std::uint64_t> memory_limit = {};  // bytes of address space
    std::function<void(pid_t)> meanwhile = {};       // called once the program was started, to do something to it
    std::chrono::seconds timeout{60};
};

struct Result {
    std::string out = {};
    std::string err = {};
    int status = -1;  // exit status, or -1 when a signal ended it
    int signal = 0;
    bool timed_out = false;
};

Result run(const Call& what);
// As in a shell that finds attnx: redirections, limits, pipes. `arguments` are $1, $2 …
Result in_shell(const std::string& script, std::vector<std::string> arguments = {},
                const std::filesystem::path& directory = {});
inline Result run_cli(std::vector<std::string> arguments) { return run({.arguments = std::move(arguments)}); }

}  // namespace attnx::test
