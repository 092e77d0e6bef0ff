#include "support/run_cli.h"
#include "support/paths.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace attnx::test {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

// A file descriptor that closes itself.
class Descriptor {
public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() { close(); }
    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }
    int get() const { return fd_; }
    bool open() const { return fd_ >= 0; }

private:
    int fd_;
};

struct Ends {
    Descriptor ours;
    Descriptor theirs;
};

Ends pipe_from_child() {
    std::array<int, 2> fds{};
    if (pipe2(fds.data(), O_CLOEXEC) != 0) fail("pipe");
    return {Descriptor(fds[0]), Descriptor(fds[1])};
}

Ends pipe_to_child() {
    Ends ends = pipe_from_child();
    std::swap(ends.ours, ends.theirs);
    return ends;
}

Ends terminal(std::uint16_t columns) {
    termios raw{};
    cfmakeraw(&raw);
    winsize size{};
    size.ws_row = 24;
    size.ws_col = columns;
    int master = -1;
    int slave = -1;
    if (openpty(&master, &slave, nullptr, &raw, &size) != 0) fail("openpty");
    fcntl(master, F_SETFD, FD_CLOEXEC);
    fcntl(slave, F_SETFD, FD_CLOEXEC);
    return {Descriptor(master), Descriptor(slave)};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

std::vector<std::string> environment_of(const Call& what) {
    std::map<std::string, std::string> variables = {{"LC_ALL", "C.UTF-8"}};
    for (const char* name : {"PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"})
        if (const char* value = std::getenv(name)) variables[name] = value;
    for (const auto& [name, value] : what.environment) variables[name] = value;
    std::vector<std::string> result;
    for (const auto& [name, value] : variables) result.push_back(name + "=" + value);
    return result;
}

struct Child {
    std::string program;
    std::string directory;
    std::vector<char*> arguments;
    std::vector<char*> environment;
    std::optional<std::uint64_t> memory_limit;
    int in, out, err;
};

// Between fork and exec: only calls that are safe there.
[[noreturn]] void become(const Child& child) {
    dup2(child.in, STDIN_FILENO);
    dup2(child.out, STDOUT_FILENO);
    dup2(child.err, STDERR_FILENO);
    signal(SIGPIPE, SIG_DFL);
    if (child.memory_limit) {
        const rlimit limit{*child.memory_limit, *child.memory_limit};
        setrlimit(RLIMIT_AS, &limit);
    }
    if (!child.directory.empty() && chdir(child.directory.c_str()) != 0) _exit(126);
    execve(child.program.c_str(), child.arguments.data(), child.environment.data());
    _exit(127);
}

// What is ready now; closes the descriptor at its end.
void drain(Descriptor& from, std::string& into) {
    std::array<char, 65536> block{};
    const ssize_t got = read(from.get(), block.data(), block.size());
    if (got > 0) into.append(block.data(), static_cast<std::size_t>(got));
    else if (got == 0 || errno != EINTR) from.close();  // a terminal whose other side is gone reads EIO
}

void feed(Descriptor& to, const std::string& input, std::size_t& sent) {
    const ssize_t wrote = write(to.get(), input.data() + sent, std::min<std::size_t>(input.size() - sent, 4096));
    if (wrote > 0) sent += static_cast<std::size_t>(wrote);
    if (wrote < 0 || sent == input.size()) to.close();
}

struct Streams {
    Descriptor in, out, err;
};

// Moves bytes until the child has closed both outputs or the time is over.
bool converse(Streams& streams, const Call& what, Result& result, Clock::time_point deadline) {
    std::size_t sent = 0;
    if (what.input.empty()) streams.in.close();
    while (streams.out.open() || streams.err.open()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
        if (left <= 0) return false;
        std::array<pollfd, 3> fds = {
            {{streams.in.get(), POLLOUT, 0}, {streams.out.get(), POLLIN, 0}, {streams.err.get(), POLLIN, 0}}};
        if (poll(fds.data(), fds.size(), static_cast<int>(left)) < 0 && errno != EINTR) fail("poll");
        if (fds[0].revents != 0) feed(streams.in, what.input, sent);
        if (fds[1].revents != 0) drain(streams.out, result.out);
        if (fds[2].revents != 0) drain(streams.err, result.err);
        if (what.hang_up_after && result.out.size() >= *what.hang_up_after) streams.out.close();
    }
    return true;
}

void wait_for(pid_t child, Result& result, Clock::time_point deadline) {
    int status = 0;
    for (;;) {
        const pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended == child) break;
        if (ended < 0 && errno != EINTR) fail("waitpid");
        if (Clock::now() > deadline) {
            result.timed_out = true;
            kill(child, SIGKILL);
            deadline += std::chrono::hours(1);
        }
        usleep(500);
    }
    if (WIFEXITED(status)) result.status = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
}

}  // namespace

Result run(const Call& what) {
    const std::string program = what.program.empty() ? std::string(ATTNX_BINARY_DIR "/attnx") : what.program.string();
    std::vector<std::string> arguments = what.arguments;
    arguments.insert(arguments.begin(), program);
    std::vector<std::string> environment = environment_of(what);

    Ends in = pipe_to_child();
    Ends out = what.terminal ? terminal(what.columns) : pipe_from_child();
    Ends err = pipe_from_child();
    if (!what.output_to.empty()) {
        out.theirs = Descriptor(open(what.output_to.c_str(), O_WRONLY | O_CLOEXEC));
        out.ours = Descriptor();
        if (!out.theirs.open()) fail(what.output_to.c_str());
    }
    const bool terminal_input = what.terminal && what.input.empty();
    const Child child{program,
                      what.directory.string(),
                      pointers(arguments),
                      pointers(environment),
                      what.memory_limit,
                      terminal_input ? out.theirs.get() : in.theirs.get(),
                      out.theirs.get(),
                      err.theirs.get()};
    const auto deadline = Clock::now() + what.timeout;
    const pid_t pid = fork();
    if (pid < 0) fail("fork");
    if (pid == 0) become(child);
    for (Ends* ends : {&in, &out, &err}) ends->theirs.close();

    Result result;
    const auto ignored = signal(SIGPIPE, SIG_IGN);
    if (what.meanwhile) what.meanwhile(pid);
    Streams streams{std::move(in.ours), std::move(out.ours), std::move(err.ours)};
    converse(streams, what, result, deadline);
    wait_for(pid, result, deadline);
    signal(SIGPIPE, ignored);
    return result;
}

Result in_shell(const std::string& script, std::vector<std::string> arguments, const std::filesystem::path& directory) {
    arguments.insert(arguments.begin(), {"-c", script, "sh"});
    return run({.arguments = std::move(arguments),
                .environment = {{"PATH", ATTNX_BINARY_DIR ":/usr/bin:/bin"}},
                .directory = directory,
                .program = "/bin/sh"});
}

}  // namespace attnx::test
