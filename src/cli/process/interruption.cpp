#include "interruption.h"

#include <signal.h>
#include <unistd.h>

#include <string_view>

#include "attnx/cli/command.h"
#include "attnx/io/unfinished.h"
#include "child.h"
#include "process.h"

namespace attnx::cli {
namespace {

enum class Effect : unsigned char { leave, end, die };

Effect effect_of(int number) {
    switch (number) {
        case SIGKILL:
        case SIGSTOP:  // cannot be caught
        case SIGCHLD:
        case SIGCONT:
        case SIGURG:
        case SIGWINCH:  // do not end a process
        case SIGTSTP:
        case SIGTTIN:
        case SIGTTOU:  // stop it
        case SIGBUS:   // io/bus_guard.h
            return Effect::leave;
        case SIGABRT:
        case SIGFPE:
        case SIGILL:
        case SIGSEGV:
        case SIGSYS:
        case SIGTRAP:  // faults of our own
        case SIGPIPE:
        case SIGQUIT:  // by custom quiet, and with a core dump
            return Effect::die;
        default: return Effect::end;
    }
}

void end(int number) {
    constexpr std::string_view kClearLine = "\r\x1b[K";  // of progress
    const bool removed = io::remove_unfinished_files();
    end_children();
    if (isatty(STDERR_FILENO) == 1) write_stderr(kClearLine);
    write_stderr(number == SIGXCPU ? "attnx: the processor time allowed is used up" : "attnx: interrupted");
    write_stderr(removed ? "; unfinished files were removed\n" : "\n");
    _exit(static_cast<int>(ExitCode::not_answered));
}

void die(int number) {
    io::remove_unfinished_files();
    end_children();
    signal(number, SIG_DFL);
    raise(number);  // takes effect when the handler returns
}

}  // namespace

void handle_signals() {
    signal(SIGXFSZ, SIG_IGN);
    for (int number = 1; number <= SIGRTMAX; ++number) {
        const Effect effect = effect_of(number);
        struct sigaction action = {};
        if (effect == Effect::leave || sigaction(number, nullptr, &action) != 0 || action.sa_handler != SIG_DFL)
            continue;
        action.sa_handler = effect == Effect::end ? end : die;
        sigfillset(&action.sa_mask);
        sigaction(number, &action, nullptr);
    }
}

}  // namespace attnx::cli
