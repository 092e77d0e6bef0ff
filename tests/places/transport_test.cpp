// What is asked of servers and believed, without any.
#include "attnx/places/transport.h"

#include <gtest/gtest.h>

#include <vector>

#include "../../src/cli/process/response_head.h"
#include "../../src/places/ranges.h"
#include "attnx/base/error.h"
#include "attnx/places/registries.h"

namespace attnx::places {
namespace {

using Texts = std::vector<std::string>;

std::string url_read(std::string_view text) {
    const auto url = parse_url(text);
    return url ? url->text() : "none";
}

TEST(Urls, are_of_http_with_a_host_and_a_path) {
    EXPECT_EQ(url_read("https://host/a/b.gguf"), "https://host/a/b.gguf");
    EXPECT_EQ(url_read("HTTP://Host:81"), "http://host:81/");
    EXPECT_EQ(url_read("https://host?x=1#part"), "https://host/?x=1");
    EXPECT_EQ(url_read("https://host/a b\"\xC3\xA9{}"), "https://host/a%20b%22%C3%A9%7B%7D") << "encoded, not refused";
    EXPECT_EQ(url_read("http://[::1]:8080/x"), "http://[::1]:8080/x");
    for (const char* text :
         {"", "host/x", "ftp://host/x", "file:///etc/passwd", "https://", "https:///x", "https://a b/x",
          "https://user:secret@host/x", "https://host/\nurl = x", "https://host/\x1b[2J"})
        EXPECT_EQ(url_read(text), "none") << text;
    EXPECT_EQ(url_read("https://host/" + std::string(9000, 'x')), "none");
}

TEST(Urls, are_shown_without_what_may_be_a_key) {
    EXPECT_EQ(parse_url("https://host/a.gguf?signature=secret")->shown(), "https://host/a.gguf");
    EXPECT_EQ(shown_name("https://host/a.gguf?signature=secret#x"), "https://host/a.gguf");
    EXPECT_EQ(shown_name("https://me:secret@host/a@b?c"), "https://host/a@b");
    EXPECT_EQ(shown_name("https://me:sec@ret@host"), "https://host");
    EXPECT_EQ(shown_name("folder/m?.gguf"), "folder/m?.gguf");
}

TEST(Redirects, lead_on_but_never_from_https_to_http) {
    const Url secure = *parse_url("https://host/a/b.gguf?q=1"), open = *parse_url("http://host/a/b.gguf");
    const auto led = [](const Url& base, std::string_view to) {
        const auto url = resolve(base, to);
        return url ? url->text() : "nowhere";
    };
    EXPECT_EQ(led(secure, "https://cdn/x?sign=1"), "https://cdn/x?sign=1");
    EXPECT_EQ(led(secure, "/x"), "https://host/x");
    EXPECT_EQ(led(secure, "x"), "https://host/a/x");
    EXPECT_EQ(led(secure, "//cdn/x"), "https://cdn/x");
    EXPECT_EQ(led(secure, "http://host/a/b.gguf"), "nowhere");
    EXPECT_EQ(led(open, "http://cdn/x"), "http://cdn/x");
    EXPECT_EQ(led(open, "https://cdn/x"), "https://cdn/x");
    for (const char* to : {"", "ftp://cdn/x", "https://u:p@cdn/x", "https://cdn/\r\nx"})
        EXPECT_NE(led(secure, to), "https://cdn/x") << to;
}

// Answers by URL; keeps what it was asked, with the token.
struct Servers {
    std::map<std::string, Response> answers;
    mutable Texts asked = {};
    Exchange exchange() const {
        return [this](const Request& request) {
            asked.push_back(request.url.text() + (request.token.empty() ? "" : " as " + request.token));
            return answers.at(request.url.text());
        };
    }
};

Response redirect(const std::string& to) { return {.status = 302, .headers = {{"location", to}}}; }

TEST(Redirects, take_a_token_to_its_own_server_alone) {
    const Servers servers{{{"https://hub/m", redirect("https://cdn/m?sign=1")},
                           {"https://cdn/m?sign=1", redirect("https://hub/again")},
                           {"https://hub/again", redirect("https://hub:444/m")},
                           {"https://hub:444/m", {.status = 200}}}};
    const Asking asking{servers.exchange(), {"https://hub", "secret"}};
    const Answer answer = follow(asking, {.url = *parse_url("https://hub/m")}, "m");
    EXPECT_EQ(answer.response.status, 200);
    EXPECT_EQ(answer.from.text(), "https://hub:444/m");
    EXPECT_EQ(servers.asked, (Texts{"https://hub/m as secret", "https://cdn/m?sign=1", "https://hub/again as secret",
                                    "https://hub:444/m"}));
}

TEST(Redirects, end_after_a_few) {
    const Servers servers{{{"https://a/x", redirect("/x")}}};
    try {
        follow({servers.exchange(), {}}, {.url = *parse_url("https://a/x")}, "m.gguf");
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "m.gguf: the server redirects again and again [not-fetched]");
    }
    EXPECT_LT(servers.asked.size(), 20U);
}

TEST(ResponseHead, is_read_as_text_that_may_say_anything) {
    Response response;
    EXPECT_FALSE(cli::take_head("HTTP/1.1 200 OK\r\nA: b\r\n", response)) << "not ended";
    const std::string usual =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/2 206 \r\nETag:  \"x\" \r\nno header\r\nX-A:b:c\r\n\r\nbody";
    const auto begins = cli::take_head(usual, response);
    ASSERT_TRUE(begins);
    EXPECT_EQ(usual.substr(*begins), "body");
    EXPECT_EQ(response.status, 206);
    EXPECT_EQ(response.headers, (std::map<std::string, std::string>{{"etag", "\"x\""}, {"x-a", "b:c"}}));
    for (const char* line : {"hello\n\n", "HTTP/1.1\n\n", "HTTP/1.1 2000000000000\n\n", "HTTP/1.1 -20\n\n", "\n\n"}) {
        ASSERT_TRUE(cli::take_head(line, response)) << line;
        EXPECT_LT(response.status, 201) << line;
    }
}

TEST(Ranges, are_joined_where_they_are_near_and_have_gaps_elsewhere) {
    Ranges ranges(10);
    ranges.add({100, 200});
    ranges.add({210, 300});
    ranges.add({400, 500});
    ranges.add({0, 0});
    EXPECT_EQ(ranges.bytes(), 300U);
    EXPECT_EQ(ranges.around(205).end, 300U);
    EXPECT_EQ(ranges.around(300).size(), 0U);
    EXPECT_EQ(ranges.gap({150, 450}).first, 300U);
    EXPECT_EQ(ranges.gap({150, 450}).end, 400U);
    EXPECT_EQ(ranges.gap({120, 280}).size(), 0U);
    EXPECT_EQ(ranges.gap({600, 700}).size(), 100U);
    ranges.remove({150, 420});
    EXPECT_EQ(ranges.gap({100, 500}).first, 150U);
    EXPECT_EQ(ranges.gap({100, 500}).end, 420U);
    EXPECT_EQ(ranges.bytes(), 130U);
    ranges.add({90, 600});
    EXPECT_EQ(ranges.bytes(), 510U);
}

}  // namespace
}  // namespace attnx::places
