#include "picture_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "attnx/io/text.h"

extern char** environ;

namespace attnx::cli {
namespace {

constexpr std::string_view kPictureProgram = "attnx-picture";

std::filesystem::path own_folder() {
    std::error_code error;
#ifdef __APPLE__
    std::array<char, 4096> path{};
    std::uint32_t size = path.size();
    if (_NSGetExecutablePath(path.data(), &size) != 0) return {};
    return std::filesystem::canonical(path.data(), error).parent_path();
#else
    return std::filesystem::canonical("/proc/self/exe", error).parent_path();
#endif
}

// Two ends that no other program inherits.
class Pipe {
public:
    Pipe() {
        if (pipe(ends_.data()) != 0) throw Error(ErrorCode::internal, fmt::format("a pipe: {}", std::strerror(errno)));
        for (const int end : ends_) fcntl(end, F_SETFD, FD_CLOEXEC);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        close_reading();
        close_writing();
    }
    int reading() const { return ends_[0]; }
    int writing() const { return ends_[1]; }
    void close_reading() { close_end(ends_[0]); }
    void close_writing() { close_end(ends_[1]); }

private:
    std::array<int, 2> ends_ = {-1, -1};
    static void close_end(int& end) {
        if (end >= 0) close(end);
        end = -1;
    }
};

pid_t start(const std::string& program, const PictureOrder& order, const Pipe& in, const Pipe& out) {
    std::string name = program, form(order.form), scale = fmt::format("{}", order.scale);
    char* const arguments[] = {name.data(), form.data(), scale.data(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in.reading(), 0);
    posix_spawn_file_actions_adddup2(&actions, out.writing(), 1);
    // What libraries have to say to developers is nothing to users.
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_RDONLY, 0);
    pid_t child = 0;
    const int error = posix_spawn(&child, program.c_str(), &actions, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        throw Error(ErrorCode::unsupported, fmt::format("cannot be run: {}", std::strerror(error)),
                    {program, std::nullopt, {}});
    return child;
}

// As much as it takes: one that left is asked why.
void feed(int end, std::string_view text) {
    const auto before = signal(SIGPIPE, SIG_IGN);
    while (!text.empty()) {
        const ssize_t written = write(end, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) break;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    signal(SIGPIPE, before);
}

}  // namespace

std::string find_picture_program() {
    const std::filesystem::path folder = own_folder();
    for (const std::filesystem::path& place : {folder, folder / ".." / "libexec" / "attnx"}) {
        std::string program = (place / kPictureProgram).string();
        if (access(program.c_str(), X_OK) == 0) return program;
    }
    throw Error(ErrorCode::unsupported,
                fmt::format("{0} is not there, which makes PNG and PDF of SVG: install the package {0}, or "
                            "librsvg2-dev and pkg-config and build attnx again, or write SVG",
                            kPictureProgram));
}

std::string run_picture_program(const std::string& program, const PictureOrder& order, std::string_view svg) {
    Pipe in, out;
    const pid_t child = start(program, order, in, out);
    in.close_reading();
    out.close_writing();
    feed(in.writing(), fmt::format("{}\n{}\n{}\n\n", order.title, order.about, order.by));
    feed(in.writing(), svg);
    in.close_writing();
    std::string bytes = io::read_pipe(out.reading(), std::string(kPictureProgram), std::uint64_t{1} << 30U);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return bytes;
    throw Error(ErrorCode::internal, fmt::format("{} failed{}{}", kPictureProgram, bytes.empty() ? "" : ": ",
                                                 printable(bytes.substr(0, 200))));
}

}  // namespace attnx::cli
