// What was fetched answers later, to its owner alone.
#include "attnx/places/cache.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "attnx/base/error.h"
#include "support/temp_dir.h"

namespace attnx::places {
namespace {

namespace fs = std::filesystem;

class HeaderCache : public ::testing::Test {
protected:
    static unsigned mode_of(const fs::path& path) {
        struct stat status = {};
        return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
    }
    fs::path only_file() const {
        fs::path found;
        for (const auto& entry : fs::directory_iterator(folder)) {
            EXPECT_TRUE(found.empty()) << "one file for one URL";
            found = entry.path();
        }
        return found;
    }

    test::TempDir dir;
    const fs::path folder = dir / "home/.cache/attnx/headers";
    const Url url = *parse_url("https://host/m.gguf");
    const Kept kept{.version = "\"1\"", .size = 100, .bytes = std::string("GGUF\n\0\xFF", 7)};
};

TEST_F(HeaderCache, gives_back_what_was_kept) {
    const Cache cache(folder);
    EXPECT_FALSE(cache.find(url));
    cache.keep(url, kept);
    const auto found = cache.find(url);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->version, kept.version);
    EXPECT_EQ(found->size, kept.size);
    EXPECT_EQ(found->bytes, kept.bytes);
    EXPECT_FALSE(cache.find(*parse_url("http://host/m.gguf")));
    cache.keep(url, {.version = "\"2\"", .size = 7, .bytes = "GGUF"});
    EXPECT_EQ(cache.find(url)->version, "\"2\"");
    EXPECT_FALSE(Cache({}).find(url));
    Cache({}).keep(url, kept);
}

TEST_F(HeaderCache, is_for_its_owner_alone) {
    Cache(folder).keep(url, kept);
    EXPECT_EQ(mode_of(only_file()), 0600U);
    EXPECT_EQ(mode_of(folder), 0700U);
    EXPECT_EQ(mode_of(dir / "home/.cache"), 0700U);
}

TEST_F(HeaderCache, is_not_believed_where_others_may_write) {
    Cache(folder).keep(url, kept);
    fs::permissions(folder, fs::perms::all);
    EXPECT_FALSE(Cache(folder).find(url));
    fs::permissions(folder, fs::perms::owner_all);
    EXPECT_TRUE(Cache(folder).find(url));
    fs::create_directory_symlink(folder, dir / "link");
    EXPECT_FALSE(Cache(dir / "link").find(url));
    Cache(dir / "link").keep(*parse_url("https://host/other.gguf"), kept);
    only_file();
}

TEST_F(HeaderCache, does_without_what_is_damaged_or_another_s) {
    const Cache cache(folder);
    cache.keep(url, kept);
    const fs::path file = only_file();
    std::ifstream in(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    std::string other = text;
    other.replace(other.find("m.gguf"), 6, "n.gguf");
    for (const std::string& damaged : {std::string(), std::string("{}\nGGUF"), std::string("[1]\n"),
                                       text.substr(0, text.size() - 1), text + "x", other, std::string("\n") + text}) {
        std::ofstream(file, std::ios::binary) << damaged;
        EXPECT_FALSE(cache.find(url)) << damaged;
    }
    fs::remove(file);
    fs::create_directory(file);
    cache.keep(url, kept);
    EXPECT_FALSE(cache.find(url)) << "a folder in its place is no reason to fail";
}

TEST_F(HeaderCache, keeps_no_url_with_a_query) {
    Cache(folder).keep(*parse_url("https://host/m.gguf?key=secret"), kept);
    EXPECT_FALSE(fs::exists(folder));
}

TEST_F(HeaderCache, is_where_caches_are) {
    std::map<std::string, std::string> variables;
    const Variable variable = [&](const char* name) -> const char* {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    };
    EXPECT_EQ(cache_root(variable), fs::path());
    variables["HOME"] = "/home/me";
    EXPECT_EQ(cache_root(variable), fs::path("/home/me/.cache/attnx/headers"));
    variables["XDG_CACHE_HOME"] = "/cache";
    EXPECT_EQ(cache_root(variable), fs::path("/cache/attnx/headers"));
}

// What servers say of models is kept as headers are.
class FetchedTexts : public HeaderCache {
protected:
    std::string fetched(const Response& answer, bool offline = false) {
        Access access{{}, Cache(folder)};
        if (!offline)
            access.asking.exchange = [&](const Request& request) {
                known = request.known;
                return answer;
            };
        try {
            return fetch_text(access, url, "");
        } catch (const Error& error) {
            return error.what();
        }
    }
    std::string known;
};

TEST_F(FetchedTexts, are_asked_for_again_and_kept_for_those_who_may_not_ask) {
    EXPECT_EQ(fetched({}, true),
              "https://host/m.gguf: was not fetched before, and --offline fetches nothing [not-fetched]");
    EXPECT_EQ(fetched({.status = 200, .headers = {{"etag", "\"1\""}}, .body = "one"}), "one");
    EXPECT_EQ(known, "");
    EXPECT_EQ(fetched({.status = 304}), "one");
    EXPECT_EQ(known, "\"1\"");
    EXPECT_EQ(fetched({.status = 200, .headers = {}, .body = "two"}), "two");
    EXPECT_EQ(fetched({}, true), "two");
    EXPECT_EQ(fetched({.status = 404}), "https://host/m.gguf: it is not there (404) [not-fetched]");
}

TEST_F(FetchedTexts, without_end_are_refused) {
    const std::string line = fetched({.status = 200, .headers = {}, .body = std::string((16 << 20) + 1, 'x')});
    EXPECT_NE(line.find("does not end within 16.0 MiB"), std::string::npos) << line;
}

}  // namespace
}  // namespace attnx::places
