// Times whole processes side by side and prints ratios, so that a claim of speed can be repeated by anyone:
//
//   attnx_bench_compare [-n RUNS] [-b BEFORE] 'attnx inspect model.gguf' 'gguf-tools show model.gguf' …
//
// BEFORE is a command that runs before each of them, not counted.
// Commands are run in turn (A B C A B C …, after one uncounted round), their output thrown away. A ratio is the median
// of the per-round ratios to the first command, so that a machine whose speed drifts does not favour anyone; beside it,
// of processor time, the ratio of the least, which others on the machine disturb less.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

struct Run {
    double wall_ms = 0, cpu_ms = 0, peak_mib = 0;
};

double milliseconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
}

std::vector<std::string> words_of(const std::string& line) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at < line.size();) {
        const std::size_t end = std::min(line.find(' ', at), line.size());
        if (end > at) words.push_back(line.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

Run run(const std::vector<std::string>& words) {
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const auto start = std::chrono::steady_clock::now();
    const pid_t child = fork();
    if (child == 0) {
        const int null = open("/dev/null", O_RDWR);
        for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, stream);
        execvp(arguments.front(), arguments.data());
        _exit(127);
    }
    int status = 0;
    rusage usage{};
    if (child < 0 || wait4(child, &status, 0, &usage) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        std::fprintf(stderr, "compare: '%s' failed\n", words.front().c_str());
        std::exit(2);
    }
    const std::chrono::duration<double, std::milli> wall = std::chrono::steady_clock::now() - start;
    return {wall.count(), milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime),
            static_cast<double>(usage.ru_maxrss) / 1024.0};
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    int rounds = 21;
    std::vector<std::vector<std::string>> commands;
    std::vector<std::string> before;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "-n") == 0 && i + 1 < argc) rounds = std::atoi(argv[++i]);
        else if (std::strcmp(argv[i], "-b") == 0 && i + 1 < argc) before = words_of(argv[++i]);
        else commands.push_back(words_of(argv[i]));
    }
    if (commands.empty() || rounds < 1) {
        std::fputs("usage: attnx_bench_compare [-n RUNS] [-b BEFORE] 'COMMAND' ['COMMAND' …]\n", stderr);
        return 2;
    }
    std::vector<std::vector<Run>> runs(commands.size());
    for (int round = -1; round < rounds; ++round)
        for (std::size_t i = 0; i < commands.size(); ++i) {
            if (!before.empty()) run(before);
            const Run made = run(commands[i]);
            if (round >= 0) runs[i].push_back(made);
        }
    std::printf("%9s %9s %9s %9s %9s %9s  %s\n", "wall ms", "cpu ms", "peak MiB", "wall x", "cpu x", "least x",
                "command");
    const auto least = [](const std::vector<Run>& all) {
        return std::min_element(all.begin(), all.end(), [](const Run& a, const Run& b) { return a.cpu_ms < b.cpu_ms; })
            ->cpu_ms;
    };
    for (std::size_t i = 0; i < commands.size(); ++i) {
        std::vector<double> wall, cpu, peak, wall_ratio, cpu_ratio;
        for (std::size_t round = 0; round < runs[i].size(); ++round) {
            const Run &mine = runs[i][round], &first = runs[0][round];
            wall.push_back(mine.wall_ms);
            cpu.push_back(mine.cpu_ms);
            peak.push_back(mine.peak_mib);
            wall_ratio.push_back(mine.wall_ms / first.wall_ms);
            cpu_ratio.push_back(mine.cpu_ms / std::max(first.cpu_ms, 1e-3));
        }
        std::string line;
        for (const std::string& word : commands[i]) line += word + ' ';
        std::printf("%9.2f %9.2f %9.1f %9.2f %9.2f %9.2f  %s\n", median(wall), median(cpu), median(peak),
                    median(wall_ratio), median(cpu_ratio), least(runs[i]) / std::max(least(runs[0]), 1e-3),
                    line.c_str());
    }
    return 0;
}
