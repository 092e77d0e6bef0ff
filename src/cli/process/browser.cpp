#include "browser.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstring>
#include <filesystem>

#include "attnx/base/text.h"

extern char** environ;

namespace attnx::cli {

std::optional<std::string> show_in_browser(const std::string& path) {
#ifdef __APPLE__
    std::string opener = "open";
#else
    std::string opener = "xdg-open";
#endif
    std::string file = std::filesystem::absolute(path).string();  // begins with "/", never with "-"
    char* const arguments[] = {opener.data(), file.data(), nullptr};
    // What it says is not the answer.
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, 2, 1);
    pid_t child = 0;
    const int error = posix_spawnp(&child, opener.c_str(), &actions, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        return fmt::format("{} cannot be run ({}); the page is {}", opener, std::strerror(error), printable(path));
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return std::nullopt;
    return fmt::format("{} did not open {}", opener, printable(path));
}

}  // namespace attnx::cli
