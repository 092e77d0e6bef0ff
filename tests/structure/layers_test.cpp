// Who may include whom: docs/architecture.md. Includes only point up the table.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <sstream>

#include "support/source_tree.h"

namespace attnx::test {
namespace {

const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"base", {}},
    {"kernel", {"base"}},
    {"io", {"base"}},
    {"gguf", {"base", "io"}},
    {"places", {"base", "io", "gguf"}},
    {"tensor", {"base", "gguf"}},
    {"model", {"base", "gguf"}},
    {"text", {"base", "gguf"}},
    {"trace", {"base"}},
    {"forward", {"base", "kernel", "gguf", "tensor", "model", "trace"}},
    {"analysis", {"base", "kernel", "gguf", "tensor", "model", "text", "trace"}},
    {"study", {"base", "gguf", "tensor", "model", "text", "trace", "forward", "analysis"}},
    {"view", {"base"}},
    {"report", {"base", "gguf", "places", "tensor", "model", "text", "trace", "analysis", "study", "view"}},
    {"cli",
     {"base", "kernel", "io", "gguf", "places", "tensor", "model", "text", "trace", "forward", "analysis", "study",
      "view", "report"}},
};

// Third-party headers stay behind few doors: header prefix, and the folders that may name it.
const std::map<std::string, std::vector<std::string>> kDoors = {
    {"<nlohmann/", {"src/cli/inputs/model_json", "src/places/"}},
    {"<Eigen/", {"src/analysis/weights/"}},
    {"<CLI/", {"src/cli/arguments/cli11.cpp"}},
    {"<utf8proc.h", {"src/view/", "src/text/", "src/cli/generated/man_page"}},
    {"<pcre2.h", {"src/text/"}},
    {"<fmt/", {"src/"}},
    {"<regex", {}},
    {"<iostream", {}},
};

// "src/gguf/file.cpp" and "include/attnx/gguf/file.h" are of layer gguf.
std::string layer_of(const std::string& path) {
    const std::string prefix = path.starts_with("src/") ? "src/" : "include/attnx/";
    return path.substr(prefix.size(), path.find('/', prefix.size()) - prefix.size());
}

TEST(Layers, are_the_folders_of_src_and_include) {
    for (const SourceFile& file : source_files({"src", "include"}))
        EXPECT_TRUE(kMayInclude.contains(layer_of(file.path))) << file.path << ": no such layer";
}

TEST(Layers, include_only_what_the_table_allows) {
    for (const SourceFile& file : source_files({"src", "include"})) {
        const std::string layer = layer_of(file.path);
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            const std::string name = included(file.lines[i]);
            if (!name.starts_with("\"attnx/")) continue;
            const std::string other = layer_of("include/" + name.substr(1));
            const bool allowed = other == layer || kMayInclude.at(layer).contains(other);
            EXPECT_TRUE(allowed) << file.path << ":" << i + 1 << ": " << layer << " must not include " << other;
        }
    }
}

TEST(Layers, do_not_reach_into_each_other_s_private_headers) {
    for (const SourceFile& file : source_files({"src", "include"}))
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            const std::string name = included(file.lines[i]);
            if (!name.starts_with("\"../")) continue;
            // Out of a subfolder into its own layer, as model/arch/*.cpp may, but not beyond it.
            const auto depth = std::count(file.path.begin(), file.path.end(), '/') - 2;
            const auto up = static_cast<std::ptrdiff_t>((name.rfind("../") + 2) / 3);
            EXPECT_LE(up, depth) << file.path << ":" << i + 1 << ": " << name;
        }
}

TEST(Layers, keep_third_party_headers_behind_few_doors) {
    for (const SourceFile& file : source_files({"src", "include"}))
        for (std::size_t i = 0; i < file.lines.size(); ++i)
            for (const auto& [header, doors] : kDoors) {
                if (!included(file.lines[i]).starts_with(header)) continue;
                const bool allowed =
                    std::any_of(doors.begin(), doors.end(), [&](const auto& d) { return file.path.starts_with(d); });
                EXPECT_TRUE(allowed) << file.path << ":" << i + 1 << ": " << header << " does not belong here";
            }
}

bool in_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Words as they stand: "puts(" is not in "outputs(", "getenv(" is in "std::getenv(".
bool has_word(std::string_view line, std::string_view word) {
    for (std::size_t at = 0; (at = line.find(word, at)) != std::string_view::npos; ++at) {
        const char before = at == 0 ? ' ' : line[at - 1];
        const std::size_t end = at + word.size();
        const bool ends = word.back() == '(' || end >= line.size() || !in_word(line[end]);
        if (!in_word(before) && before != '.' && before != '>' && ends) return true;
    }
    return false;
}

// Below cli nothing prints, ends the process or reads its environment. bus_guard reports a signal, when nobody above
// can.
constexpr std::string_view kForbidden[] = {
    "cout",    "cerr",     "clog",    "print(", "println(",    "printf(", "fprintf(",       "vprintf(", "puts(",
    "fputs(",  "putchar(", "perror(", "stdout", "stderr",      "getenv(", "secure_getenv(", "environ",  "setenv(",
    "putenv(", "exit(",    "_exit(",  "_Exit(", "quick_exit(", "abort(",  "terminate(",     "raise(",   "kill(",
};

std::vector<std::string> forbidden_uses(const SourceFile& file) {
    std::vector<std::string> found;
    for (std::size_t i = 0; i < file.lines.size(); ++i)
        for (const std::string_view word : kForbidden)
            if (has_word(std::string_view(file.lines[i]).substr(0, file.lines[i].find("//")), word))
                found.push_back(file.path + ":" + std::to_string(i + 1) + ": " + std::string(word) + " below cli");
    return found;
}

TEST(Layers, leave_the_process_to_cli) {
    for (const SourceFile& file : source_files({"src", "include"})) {
        if (layer_of(file.path) == "cli" || file.path == "src/io/bus_guard.cpp") continue;
        EXPECT_EQ(forbidden_uses(file), std::vector<std::string>{});
    }
}

TEST(Layers, are_told_what_belongs_to_the_process) {
    const SourceFile file{"src/x.cpp",
                          {"fmt::print(\"x\");", "if (getenv(\"HOME\"))", "  std::getenv(name);", "outputs();",
                           "format_to(out); // std::cout", "std::exit(2);", "environment.getenv(\"X\")"}};
    EXPECT_EQ(forbidden_uses(file),
              (std::vector<std::string>{"src/x.cpp:1: print( below cli", "src/x.cpp:2: getenv( below cli",
                                        "src/x.cpp:3: getenv( below cli", "src/x.cpp:6: exit( below cli"}));
}

TEST(SourceTree, tells_literals_from_comments) {
    EXPECT_EQ(string_literals(R"(f("a", 'x', '"', "b\"c"); // "d")"), (std::vector<std::string>{"a", "b\\\"c"}));
    EXPECT_EQ(included("#include \"attnx/base/text.h\"  // why"), "\"attnx/base/text.h\"");
    EXPECT_EQ(included("// #include <x>"), "");
}

}  // namespace
}  // namespace attnx::test
