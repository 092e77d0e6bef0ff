#include "support/source_tree.h"
#include "support/paths.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace attnx::test {

namespace fs = std::filesystem;

std::string read_text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<SourceFile> source_files(const std::vector<std::string>& folders) {
    const fs::path root = ATTNX_SOURCE_DIR;
    std::vector<SourceFile> files;
    for (const std::string& folder : folders) {
        if (!fs::exists(root / folder)) continue;
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            const fs::path& path = entry.path();
            if (!entry.is_regular_file() || (path.extension() != ".h" && path.extension() != ".cpp")) continue;
            SourceFile file{fs::relative(path, root).generic_string(), {}};
            std::istringstream text(read_text(path));
            for (std::string line; std::getline(text, line);) file.lines.push_back(std::move(line));
            files.push_back(std::move(file));
        }
    }
    std::sort(files.begin(), files.end(), [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
    return files;
}

std::string included(std::string_view line) {
    if (!line.starts_with("#include")) return {};
    const std::size_t begin = line.find_first_of("\"<");
    if (begin == std::string_view::npos) return {};
    const std::size_t end = line.find_first_of("\">", begin + 1);
    return std::string(line.substr(begin, end - begin + 1));
}

std::vector<std::string> string_literals(std::string_view line) {
    std::vector<std::string> literals;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line.substr(i, 2) == "//") break;
        if (line[i] == '\'') {  // a character, so that '"' opens nothing
            i += line.substr(i + 1, 1) == "\\" ? 3 : 2;
            continue;
        }
        if (line[i] != '"') continue;
        const std::size_t begin = ++i;
        while (i < line.size() && line[i] != '"') i += line[i] == '\\' ? 2 : 1;
        literals.emplace_back(line.substr(begin, std::min(i, line.size()) - begin));
    }
    return literals;
}

}  // namespace attnx::test
