// The sources as text, for tests that check how they are built up.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace attnx::test {

struct SourceFile {
    std::string path;  // from the repository's root: "src/gguf/file.cpp"
    std::vector<std::string> lines;
};

// C++ files and headers below the given folders, in order of their paths.
std::vector<SourceFile> source_files(const std::vector<std::string>& folders);

// What an #include line names, with its quotes or brackets; "" for any other line.
std::string included(std::string_view line);

// The string literals of a line, without quotes, escapes as written; what a // comment holds does not count.
std::vector<std::string> string_literals(std::string_view line);

std::string read_text(const std::filesystem::path& path);

}  // namespace attnx::test
