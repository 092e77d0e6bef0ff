// A file of which is here what was asked for: what is asked, and how often.
#include "attnx/places/remote_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "attnx/base/error.h"
#include "support/gguf_builder.h"
#include "support/temp_dir.h"

namespace attnx::places {
namespace {

// Ranges of one file behind a redirect, whose place is let in for so many requests only.
struct OneFile {
    std::string bytes;
    int lets_in = 1000;
    std::vector<std::string> asked = {};
    int place = 0;

    Response answer(const Request& request) {
        const std::string here = fmt::format("https://cdn/{}?sign=1", place);
        asked.push_back(fmt::format("{} {}-{}", request.url.text(), request.range->first, request.range->end));
        if (request.url.host == "host") return {.status = 302, .headers = {{"location", here}}};
        if (request.url.text() != here) return {.status = 403};
        if (--lets_in <= 0) ++place, lets_in = 1000;
        const std::uint64_t end = std::min<std::uint64_t>(request.range->end, bytes.size());
        return {
            .status = 206,
            .headers = {{"content-range", fmt::format("bytes {}-{}/{}", request.range->first, end - 1, bytes.size())},
                        {"etag", "\"1\""}},
            .body = bytes.substr(request.range->first, end - request.range->first)};
    }
};

std::string three_tensors() {
    test::GgufBuilder builder;
    const auto filled = [](char c) {
        return [c](std::span<std::byte> data) { std::memset(data.data(), c, data.size()); };
    };
    builder.key("general.architecture", "llama");
    builder.tensor("ahead", "f32", {1 << 20}).tensor("a", "f32", {1 << 10}, filled('a'));
    builder.tensor("b", "f32", {1 << 10}, filled('b')).tensor("between", "f32", {1 << 18});
    builder.tensor("c", "f32", {1 << 10}, filled('c'));
    const auto bytes = builder.bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class PartsOfFiles : public ::testing::Test {
protected:
    gguf::File open() {
        auto access = std::make_shared<const Access>(
            Access{{[this](const Request& request) { return server.answer(request); }, {}}, Cache(dir / "cache")});
        const Url url = *parse_url("https://host/m.gguf");
        return gguf::File::open(url.shown(), {}, source_at(url, access));
    }
    static char first_of(const gguf::File& file, const char* tensor) {
        return static_cast<char>(file.data(*file.find_tensor(tensor)).front());
    }
    static char last_of(const gguf::File& file, const char* tensor) {
        return static_cast<char>(file.data(*file.find_tensor(tensor)).back());
    }

    test::TempDir dir;
    OneFile server{three_tensors()};
};

TEST_F(PartsOfFiles, that_were_announced_come_with_what_lies_beside_them) {
    const gguf::File file = open();
    EXPECT_EQ(server.asked.size(), 2U) << "where it is, and the header";
    for (const char* tensor : {"a", "b", "c"}) file.will_read(*file.find_tensor(tensor));
    EXPECT_EQ(server.asked.size(), 2U);
    EXPECT_EQ(first_of(file, "b"), 'b');
    EXPECT_EQ(first_of(file, "a"), 'a');
    EXPECT_EQ(last_of(file, "a"), 'a');
    EXPECT_EQ(server.asked.size(), 3U);
    EXPECT_EQ(last_of(file, "c"), 'c');
    EXPECT_EQ(server.asked.size(), 4U);
    EXPECT_TRUE(server.asked.back().starts_with("https://cdn/")) << "not by the redirect again";
}

TEST_F(PartsOfFiles, are_asked_for_anew_where_a_redirect_has_run_out) {
    server.lets_in = 1;
    const gguf::File file = open();
    EXPECT_EQ(first_of(file, "c"), 'c');
    ASSERT_EQ(server.asked.size(), 5U);
    EXPECT_TRUE(server.asked[2].starts_with("https://cdn/0")) << "let in no more";
    EXPECT_TRUE(server.asked[3].starts_with("https://host/"));
    EXPECT_TRUE(server.asked[4].starts_with("https://cdn/1"));
}

TEST_F(PartsOfFiles, are_brought_once_for_several_threads) {
    const gguf::File file = open();
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&] { EXPECT_EQ(last_of(file, "c"), 'c'); });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(server.asked.size(), 3U);
}

TEST_F(PartsOfFiles, that_changed_are_not_taken) {
    const gguf::File file = open();
    server.bytes += "x";
    try {
        first_of(file, "c");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::file_changed);
    }
}

TEST_F(PartsOfFiles, are_kept_where_they_are_all_of_a_header) {
    const Cache cache(dir / "cache");
    const Url url = *parse_url("https://host/m.gguf");
    cache.keep(url, {.version = "\"1\"", .size = server.bytes.size(), .bytes = server.bytes.substr(0, 100)});
    EXPECT_EQ(open().tensors().size(), 5U) << "not of a header that is cut";
    EXPECT_EQ(cache.find(url)->bytes, server.bytes.substr(0, 1 << 20));
}

}  // namespace
}  // namespace attnx::places
