// A process that may not start as many threads as it would like. For death tests: it cannot be taken back.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>

namespace attnx::test {

// From now on this process has at most so many threads, the one that runs included. The limit is of a user's and does
// not bind root, so root becomes a user who has nothing else running; for others, whose processes are not counted here,
// it is "no more at all".
inline unsigned allow_threads(unsigned most) {
    const bool root = ::geteuid() == 0;
    if (root && (::setgid(54'321) != 0 || ::setuid(54'321) != 0)) std::_Exit(70);
    const unsigned allowed = root ? most : 1;
    const rlimit limit{root ? most : 0U, root ? most : 0U};
    if (::setrlimit(RLIMIT_NPROC, &limit) != 0) std::_Exit(71);
    return allowed;
}

}  // namespace attnx::test
