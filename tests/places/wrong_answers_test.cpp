// A server that answers wrongly: one clear line, soon.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include "support/gguf_builder.h"
#include "support/remote_home.h"
#include "support/small_server.h"

namespace attnx::test {
namespace {

constexpr std::chrono::seconds kLong{20};

std::string head(const std::string& status, const std::string& headers) {
    return "HTTP/1.1 " + status + "\r\nConnection: close\r\n" + headers + "\r\n";
}

std::string partial(const std::string& range, std::size_t length, const std::string& more = "") {
    return head("206 Partial Content",
                fmt::format("Content-Range: bytes {}\r\nContent-Length: {}\r\n{}", range, length, more));
}

class WrongAnswers : public ::testing::Test {
protected:
    static std::string url_of(const SmallServer& server) { return "http://" + server.host() + "/m.gguf"; }
    std::string said_of(const SmallServer::Answer& answer) const {
        const SmallServer server(answer);
        const auto start = std::chrono::steady_clock::now();
        const std::string line = home.refusal({"inspect", url_of(server)}, {{"ATTNX_TIMEOUT", "1"}});
        EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
        return line;
    }
    void expect(const std::string& words, const std::string& answer) const {
        const std::string line = said_of([&](const AskedRequest&, SmallServer::Connection& to) { to.send(answer); });
        EXPECT_NE(line.find(words), std::string::npos) << line;
        EXPECT_EQ(line.find('\x1b'), std::string::npos);
    }

    RemoteHome home;
    const std::string tiny = file_of();
};

TEST_F(WrongAnswers, are_told_in_one_line) {
    const std::string size = std::to_string(tiny.size());
    expect("not the range",
           partial("5-" + std::to_string(tiny.size() - 1) + "/" + size, tiny.size() - 5) + tiny.substr(5));
    expect("not the range", partial("0-99/" + size, 100) + tiny.substr(0, 100));
    expect("not the range", partial("0-1048575/99999999999", 100) + tiny.substr(0, 100));
    expect("not the range", partial("0-18446744073709551615/18446744073709551616", 100) + tiny.substr(0, 100));
    expect("not the range", partial("0--1/-5", 100) + tiny.substr(0, 100));
    expect("not the range", head("206 Partial Content", "Content-Length: 100\r\n") + tiny.substr(0, 100));
    expect("[not-fetched]", head("200 OK", "Content-Length: 500000\r\n") + tiny);
    expect("[not-fetched]", head("200 OK", "Content-Length: -1\r\n") + std::string(2 << 20, 'x'));
    expect("does not say how large", head("200 OK", "") + "GGUF" + std::string(2 << 20, 'x'));
    expect("no URL", head("302 Found", "Location: \x1b[2J\r\nContent-Length: 0\r\n"));
    expect("no URL", head("302 Found", "Content-Length: 0\r\n"));
    expect("[not-fetched]", "hello\r\n\r\n");
    expect("[not-fetched]", "");
    expect("[not-fetched]", "HTTP/1.1 200 OK\r\n" + std::string(400000, 'x'));
    expect("status 999", head("999 \x1b[2J", "Content-Length: 0\r\n"));
}

TEST_F(WrongAnswers, with_headers_that_claim_too_much_are_not_waited_for) {
    GgufBuilder builder;
    builder.key("general.architecture", "llama").key("long", std::string("text"));
    const auto bytes =
        builder.overwrite(builder.value_offset("long"), little_endian(std::uint64_t{8} << 30, 8)).bytes();
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    expect("does not end within 1.00 GiB",
           partial("0-1048575/1000000000000", 1 << 20) + text + std::string((1 << 20) - text.size(), 'x'));
}

TEST_F(WrongAnswers, that_never_end_are_given_up) {
    const auto silent = [](const AskedRequest&, SmallServer::Connection& to) { to.gone_within(kLong); };
    EXPECT_NE(said_of(silent).find("[not-fetched]"), std::string::npos);
    const auto drop_by_drop = [](const AskedRequest&, SmallServer::Connection& to) {
        to.send(partial("0-1048575/99999999", 1 << 20));
        for (int i = 0; i < 300 && to.send("x"); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    };
    EXPECT_NE(said_of(drop_by_drop).find("Operation too slow"), std::string::npos);
}

TEST_F(WrongAnswers, of_a_file_that_changes_meanwhile_are_not_mixed) {
    GgufBuilder builder;
    builder.key("general.architecture", "llama").key("text", std::string(2 << 20, 'x')).tensor("t", "f32", {4});
    const auto bytes = builder.bytes();
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    int asked = 0;
    const std::string line = said_of([&](const AskedRequest& request, SmallServer::Connection& to) {
        const std::string& headers = request.headers;
        const std::size_t at = headers.find("bytes=") + 6;
        const std::size_t first = std::stoul(headers.substr(at)),
                          last = std::min(text.size() - 1, std::stoul(headers.substr(headers.find('-', at) + 1)));
        to.send(partial(fmt::format("{}-{}/{}", first, last, text.size()), last + 1 - first,
                        fmt::format("ETag: \"{}\"\r\n", ++asked)) +
                text.substr(first, last + 1 - first));
    });
    EXPECT_NE(line.find("[file-changed]"), std::string::npos) << line;
    EXPECT_EQ(asked, 2);
}

TEST_F(WrongAnswers, that_are_waited_for_end_with_attnx) {
    std::atomic<int> ended{0};  // connections
    const SmallServer server([&](const AskedRequest&, SmallServer::Connection& to) { ended += to.gone_within(kLong); });
    const Result result = home({"inspect", url_of(server)}, {}, [&](pid_t process) {
        for (int i = 0; i < 400 && server.asked().empty(); ++i) ::usleep(25000);
        ::kill(process, SIGTERM);
    });
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.err, "attnx: interrupted\n");
    for (int i = 0; i < 200 && ended == 0; ++i) ::usleep(25000);
    EXPECT_EQ(ended, 1) << "curl has gone, too";
    EXPECT_EQ(home.everything_kept(), "");
}

}  // namespace
}  // namespace attnx::test
