// Files are written in one place, texts read in one place, and programs run in three, so that what holds there
// (docs/architecture.md) holds for every command.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "support/source_tree.h"

namespace attnx::test {
namespace {

struct Door {
    std::vector<std::string> words;
    std::vector<std::string> files;  // that may use them
};

const Door kWriting = {{"ofstream",         "<fstream>",       "fopen(",    "fdopen(",  "freopen(",    "O_CREAT",
                        "O_WRONLY",         "O_RDWR",          "O_TRUNC",   "O_APPEND", "O_TMPFILE",   "creat(",
                        "mkstemp",          "mkostemp",        "tmpfile(",  "tmpnam",   "MAP_SHARED",  "PROT_WRITE",
                        "rename(",          "renameat",        "truncate(", "fchmod(",  "resize_file", "copy_file",
                        "filesystem::copy", "create_director", "mkdir(",    "_link(",   "symlink("},
                       {"src/io/output_files.cpp", "src/io/reserved.cpp"}};  // the latter into memory
const Door kRemoving = {{"unlink(", "unlinkat(", "rmdir(", "filesystem::remove", "remove_all"},
                        {"src/io/output_files.cpp", "src/io/unfinished.cpp"}};
const Door kReading = {{"ifstream", "fread(", "fgets(", "getline(", " ::read(", "(::read(", "STDIN_FILENO", "std::cin"},
                       {"src/io/text.cpp", "src/cli/process/process.cpp"}};

const Door kRunning = {
    {"posix_spawn", "execv", "execl(", "execlp(", "fork(", "popen(", "system("},
    {"src/cli/process/browser.cpp", "src/cli/process/curl.cpp", "src/cli/process/picture_program.cpp"}};

std::string without_comment(const std::string& line) { return line.substr(0, line.find("//")); }

std::vector<std::string> uses(const SourceFile& file, const Door& door) {
    std::vector<std::string> found;
    for (std::size_t i = 0; i < file.lines.size(); ++i)
        for (const std::string& word : door.words)
            if (without_comment(file.lines[i]).find(word) != std::string::npos)
                found.push_back(file.path + ":" + std::to_string(i + 1) + ": " + word);
    return found;
}

void expect_only_behind(const Door& door) {
    std::map<std::string, bool> used;
    for (const SourceFile& file : source_files({"src", "include"})) {
        const std::vector<std::string> found = uses(file, door);
        const bool may = std::find(door.files.begin(), door.files.end(), file.path) != door.files.end();
        if (may) used[file.path] = !found.empty();
        else EXPECT_EQ(found, std::vector<std::string>{});
    }
    for (const std::string& file : door.files) EXPECT_TRUE(used[file]) << file << " is gone, or needs no exception";
}

TEST(Writers, are_one) { expect_only_behind(kWriting); }
TEST(Writers, alone_remove_files) { expect_only_behind(kRemoving); }
TEST(Programs, are_run_in_few_places) { expect_only_behind(kRunning); }
TEST(Readers, of_texts_are_one) { expect_only_behind(kReading); }

TEST(Writers, are_found_in_code_and_not_in_comments) {
    const SourceFile file{
        "src/x.cpp", {"std::ofstream out(path);  // why", "// no ofstream here", "::open(p, O_RDONLY | O_CREAT);"}};
    EXPECT_EQ(uses(file, kWriting), (std::vector<std::string>{"src/x.cpp:1: ofstream", "src/x.cpp:3: O_CREAT"}));
}

}  // namespace
}  // namespace attnx::test
