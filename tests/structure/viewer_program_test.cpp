// The program of the page (src/view/picture/viewer): texts of a model never become markup or code, files have one job.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>

#include "support/paths.h"
#include "support/source_tree.h"

namespace attnx::test {
namespace {

std::map<std::string, std::string> viewer_files() {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(ATTNX_SOURCE_DIR "/src/view/picture/viewer"))
        if (entry.is_regular_file()) files[entry.path().filename().string()] = read_text(entry.path());
    return files;
}

TEST(ViewerProgram, never_makes_markup_or_code_of_texts) {
    const auto files = viewer_files();
    ASSERT_GT(files.size(), 10u);
    for (const auto& [name, text] : files)
        for (const char* word : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser",
                                 "createContextualFragment", "srcdoc", "eval(", "new Function", "javascript:"})
            EXPECT_EQ(text.find(word), std::string::npos) << name << ": " << word;
}

TEST(ViewerProgram, asks_nothing_of_any_network) {
    for (const auto& [name, text] : viewer_files())
        for (const char* word : {"http:", "https:", "fetch(", "XMLHttpRequest", "WebSocket", "EventSource",
                                 "sendBeacon", "import(", "@import", "url("})
            EXPECT_EQ(text.find(word), std::string::npos) << name << ": " << word;
}

// What ends a script or a raw literal would end them in the page or in the build.
TEST(ViewerProgram, can_be_embedded) {
    for (const auto& [name, text] : viewer_files()) {
        for (const char* word : {"</script", "<!--", ")attnx\"", "\r"})
            EXPECT_EQ(text.find(word), std::string::npos) << name << ": " << word;
        EXPECT_TRUE(text.ends_with('\n')) << name;
    }
}

TEST(ViewerProgram, stays_within_what_can_be_read_at_once) {
    for (const auto& [name, text] : viewer_files()) EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 250) << name;
}

}  // namespace
}  // namespace attnx::test
