#include "process.h"

#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif
#include <signal.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>

#include "attnx/base/error.h"
#include "attnx/io/text.h"

namespace attnx::cli {
namespace {

constexpr std::uint32_t kUsualWidth = 80;
constexpr std::size_t kPiece = std::size_t{1} << 16;
bool stdout_begun = false;

std::string_view locale_name() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const char* value = std::getenv(name);
        if (value != nullptr && *value != '\0') return value;
    }
    return "C";
}

// By the locale's name when that decides it (so that a locale which is named but not installed still counts, and
// nothing needs loading); otherwise by what the C library knows of it.
bool locale_is_utf8() {
    const std::string name(locale_name());
    if (name == "C" || name == "POSIX") return false;
    const std::size_t dot = name.find('.');
    if (dot != std::string::npos) {
        const std::string codeset = name.substr(dot + 1, name.find('@') - dot - 1);
        return strcasecmp(codeset.c_str(), "UTF-8") == 0 || strcasecmp(codeset.c_str(), "utf8") == 0;
    }
    const locale_t locale = newlocale(LC_CTYPE_MASK, name.c_str(), nullptr);
    if (locale == nullptr) return false;
    const bool utf8 = std::strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    freelocale(locale);
    return utf8;
}

std::uint32_t terminal_width() {
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    const char* columns = std::getenv("COLUMNS");
    std::uint32_t width = 0;
    if (columns != nullptr) std::from_chars(columns, columns + std::strlen(columns), width);
    return width > 0 ? width : kUsualWidth;
}

const char* process_variable(const char* name) { return std::getenv(name); }

}  // namespace

void open_standard_streams() {
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream)
        if (fcntl(stream, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDONLY) != stream)
            _exit(static_cast<int>(ExitCode::not_answered));
}

void keep_freed_memory() {
#if defined(__GLIBC__)
    constexpr int kMiB = 1 << 20;
    mallopt(M_MMAP_THRESHOLD, 32 * kMiB);  // the most that there may be
    mallopt(M_TRIM_THRESHOLD, 512 * kMiB);
    mallopt(M_TOP_PAD, 8 * kMiB);
#endif
}

Environment process_environment(const Globals& globals) {
    Environment environment;
    const bool terminal = isatty(STDOUT_FILENO) == 1;
    const bool heeds = globals.output->on_terminal;
    const auto depth = view::decide_colour(globals.colour, terminal, process_variable);
    environment.out.colour = heeds && depth != view::ColourDepth::none;
    environment.out.depth = environment.out.colour ? depth : view::ColourDepth::none;
    environment.out.unicode = !heeds || locale_is_utf8();
    if (terminal && heeds) environment.out.width = terminal_width();
    environment.stdin_is_terminal = isatty(STDIN_FILENO) == 1;
    environment.stderr_is_terminal = isatty(STDERR_FILENO) == 1;
    environment.quiet = globals.quiet;
    environment.offline = globals.offline;
    environment.output = globals.output;
    environment.read_stdin = [] { return io::read_standard_input(); };
    environment.read_stdin_until = [](const io::Enough& enough) { return io::read_standard_input_until(enough); };
    environment.getenv = process_variable;
    return environment;
}

void write_stdout(std::string_view text, Unread unread) {
    if (unread == Unread::fails) signal(SIGPIPE, SIG_IGN);
    while (!text.empty()) {
        const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EPIPE && unread == Unread::fails)
            throw Error(ErrorCode::write_failed, "standard output was closed before all of the answer was read");
        if (written < 0 && errno == EPIPE) _exit(static_cast<int>(ExitCode::not_answered));
        if (written < 0) throw Error(ErrorCode::write_failed, std::string("standard output: ") + std::strerror(errno));
        stdout_begun = stdout_begun || written > 0;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

bool stdout_has_begun() { return stdout_begun; }

void StandardOutput::write(std::string_view piece) {
    waiting_ += piece;
    if (waiting_.size() >= kPiece) finish();
}

void StandardOutput::finish() {
    write_stdout(waiting_, unread_);
    waiting_.clear();
}

void write_stderr(std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
        if (written < 0 && errno != EINTR) return;
        if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace attnx::cli
