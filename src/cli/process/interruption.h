// What a signal leaves behind: no half-written files, and where somebody asked for an end, a message and exit status 2.
// Private to cli.
#pragma once

namespace attnx::cli {

// From now on every signal that would end the process and can be caught removes unfinished files first
// (io/unfinished.h). Those by which somebody asks for an end (SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGUSR1, SIGXCPU …)
// then say so and end it with status 2; faults, SIGQUIT and SIGPIPE take their default effect. What is ignored (nohup)
// or handled already (sanitizers) stays so.
//
// SIGXFSZ is ignored: a file that may not grow is then an error like a full disk.
void handle_signals();

}  // namespace attnx::cli
