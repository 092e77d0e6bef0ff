// cli: another program, whose output is read as it comes and which does not outlive this one. Private to cli.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/base/error.h"
#include "attnx/io/text.h"
#include "pipe.h"

namespace attnx::cli {

struct ChildOrder {
    std::string program = {};  // a path, or a name on PATH; no shell is asked
    std::vector<std::string> arguments = {};
    std::string_view options = {};  // that it reads from /dev/fd/3, unseen by others; few: they fit into a pipe
    bool complains = false;         // its standard error is kept; otherwise nobody hears it
    ErrorCode cannot = ErrorCode::unsupported;  // thrown when it cannot be run
};

class Child {
public:
    explicit Child(const ChildOrder& order);
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();  // with an end to one that still runs

    void feed(std::string_view input) { in_.feed(input); }
    void end_input() { in_.close_writing(); }
    std::string output(std::uint64_t most);                                  // all of it
    std::string output_until(const io::Enough& enough, std::uint64_t most);  // `enough` hears of each piece as it comes
    std::string complaints();  // what it said on standard error; after its output
    int wait();                // its exit status; -1: a signal ended it

private:
    std::string name_;
    Pipe in_, out_, complaints_, options_;
    pid_t process_ = 0;
};

// For signal handlers that end the process, after io::remove_unfinished_files(). Async-signal-safe.
void end_children() noexcept;

}  // namespace attnx::cli
