// Every single fault of golden models through check, weights and attend: end in an answer or an Error, without a
// sanitizer's find. Hours for all models under sanitizers; give it folders or files, and a share of the faults:
//
//   build/asan/tests/fuzz/every_fault [--every N] [--first K] build/asan/tests/golden/architectures
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "support/faults.h"

namespace {

namespace fs = std::filesystem;
using namespace attnx::test;

std::size_t number(const char* text) {
    std::size_t value = 0;
    std::from_chars(text, text + std::strlen(text), value);
    return value;
}

void add(const fs::path& path, std::vector<fs::path>& models) {
    if (!fs::is_directory(path)) return models.push_back(path);
    for (const auto& entry : fs::recursive_directory_iterator(path))
        if (entry.path().extension() == ".json") models.push_back(entry.path());
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t every = 1, first = 0;
    std::vector<fs::path> models;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--every") == 0 && i + 1 < argc) every = number(argv[++i]);
        else if (std::strcmp(argv[i], "--first") == 0 && i + 1 < argc) first = number(argv[++i]);
        else add(argv[i], models);
    }
    Endings endings;
    for (const fs::path& path : models) {
        const std::string name = path.stem().string();
        const std::size_t before = endings.broken.size();
        // Told before each run, so that a crash leaves the fault's name as the last line.
        for_each_fault(golden_parts(path), every, first, [&](const Fault& fault) {
            std::fprintf(stderr, "\r\033[K%s: %s", name.c_str(), fault.what.c_str());
            run_commands(fault.parts, name + ": " + fault.what, endings);
        });
        for (std::size_t i = before; i < endings.broken.size(); ++i)
            std::printf("\nBROKEN %s\n", endings.broken[i].c_str());
    }
    std::printf("\n%zu runs on %zu models, %zu broken\n", endings.runs, models.size(), endings.broken.size());
    for (const auto& [ending, count] : endings.counts) std::printf("%s: %zu\n", ending.c_str(), count);
    return endings.broken.empty() && endings.runs > 0 ? 0 : 1;
}
