#include "child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "attnx/io/unfinished.h"

extern char** environ;

namespace attnx::cli {
namespace {

constexpr std::uint64_t kMostComplaints = std::uint64_t{1} << 20;
constexpr int kInput = 0, kOutput = 1, kComplaints = 2, kOptions = 3;  // as the child has them

// A signal handler has nothing else to look at. More at once than there are places live on until their pipes break.
std::array<std::atomic<pid_t>, 16> g_running{};
static_assert(std::atomic<pid_t>::is_always_lock_free);

void exchange_running(pid_t from, pid_t to) {
    for (auto& place : g_running)
        if (pid_t expected = from; place.compare_exchange_strong(expected, to)) return;
}

class Attributes {
public:
    Attributes() {
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&signals);
        sigset_t none, own;
        sigemptyset(&none);
        sigemptyset(&own);
        sigaddset(&own, SIGPIPE);
        posix_spawnattr_setsigmask(&signals, &none);
        posix_spawnattr_setsigdefault(&signals, &own);
        posix_spawnattr_setflags(&signals, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    ~Attributes() {
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&signals);
    }
    void put(int descriptor, int as) { posix_spawn_file_actions_adddup2(&actions, descriptor, as); }

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t signals;
};

pid_t spawn(const ChildOrder& order, const Attributes& attributes) {
    std::vector<std::string> words = order.arguments;
    words.insert(words.begin(), order.program);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t process = 0;
    const io::Uninterrupted until_it_is_known;
    const int error = posix_spawnp(&process, order.program.c_str(), &attributes.actions, &attributes.signals,
                                   arguments.data(), environ);
    if (error != 0)
        throw Error(order.cannot, fmt::format("cannot be run: {}", std::strerror(error)),
                    {order.program, std::nullopt, {}});
    exchange_running(0, process);
    return process;
}

}  // namespace

Child::Child(const ChildOrder& order) : name_(order.program) {
    Attributes attributes;
    attributes.put(in_.reading(), kInput);
    attributes.put(out_.writing(), kOutput);
    if (order.complains) attributes.put(complaints_.writing(), kComplaints);
    else posix_spawn_file_actions_addopen(&attributes.actions, kComplaints, "/dev/null", O_RDONLY, 0);
    if (!order.options.empty()) attributes.put(options_.reading(), kOptions);  // the last: it may be one of the above
    process_ = spawn(order, attributes);
    in_.close_reading();
    out_.close_writing();
    complaints_.close_writing();
    options_.close_reading();
    options_.feed(order.options);
    options_.close_writing();
}

Child::~Child() {
    if (process_ == 0) return;
    kill(process_, SIGKILL);
    wait();
}

std::string Child::output(std::uint64_t most) { return io::read_pipe(out_.reading(), name_, most); }

std::string Child::output_until(const io::Enough& enough, std::uint64_t most) {
    return io::read_pipe_until(out_.reading(), name_, enough, most);
}

std::string Child::complaints() { return io::read_pipe(complaints_.reading(), name_, kMostComplaints); }

// It is known until its number may be another's.
int Child::wait() {
    siginfo_t ended{};
    while (waitid(P_PID, static_cast<id_t>(process_), &ended, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
    }
    exchange_running(process_, 0);
    int status = 0;
    while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    process_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void end_children() noexcept {
    for (const auto& place : g_running)
        if (const pid_t process = place.load(); process > 0) kill(process, SIGKILL);
}

}  // namespace attnx::cli
