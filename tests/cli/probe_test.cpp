// attnx probe, typed at a prompt, of servers on this machine. recorded/*.txt: what a real one said.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "support/json_contract.h"
#include "support/run_cli.h"
#include "support/sample.h"
#include "support/small_server.h"
#include "support/source_tree.h"
#include "support/temp_dir.h"

namespace attnx::test {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using Typed = std::vector<std::string>;
using Connection = SmallServer::Connection;

SmallServer::Answer recorded(const std::string& name) {
    return recorded_answers(read_text(ATTNX_SOURCE_DIR "/tests/recorded/" + name));
}

class ProbedServer : public ::testing::Test {
protected:
    void SetUp() override {
        if (in_shell("command -v curl >/dev/null").status != 0) GTEST_SKIP() << "curl is not installed";
    }
    static Result type(const SmallServer& server, Typed more) {
        more.insert(more.begin(), {"probe", server.host()});
        return run_cli(std::move(more));
    }
    static json ask(const SmallServer& server, Typed more) {
        more.emplace_back("--json");
        const Result result = type(server, std::move(more));
        EXPECT_EQ(result.status, 0) << result.err;
        EXPECT_EQ(contract_violations(result.out), Typed{});
        return json::parse(result.out)["result"];
    }
};

TEST_F(ProbedServer, of_llama_cpp_s_server_measures_what_it_says_of_itself) {
    const SmallServer server(recorded("llama-server.txt"));
    const json result = ask(server, {"--n-predict", "8"});
    EXPECT_EQ(result["server"]["url"], "http://" + server.host());
    EXPECT_EQ(result["server"]["kind"], "llama.cpp");
    EXPECT_EQ(result["server"]["context"], 4096);
    EXPECT_EQ(result["server"]["slots"], 4);
    EXPECT_EQ(result["server"]["busy_slots"], 0);
    EXPECT_TRUE(result["tokens_agree"].is_null());
    EXPECT_TRUE(result["kv_bytes"].is_null());
    ASSERT_EQ(result["rows"].size(), 3U);
    for (const json& row : result["rows"]) {
        EXPECT_EQ(row["output_tokens"], 8);
        EXPECT_EQ(row["prompt_tokens"], row["timings"]["prompt_tokens"]) << "nothing was cached";
        // Replayed at the recorded pace, on a machine that may be busy.
        const double prompt = row["timings"]["prompt_ms"], output = row["timings"]["output_ms"];
        EXPECT_NEAR(row["time_to_first_token_ms"].get<double>(), prompt, 300 + prompt / 2);
        EXPECT_GE(row["time_to_first_token_ms"], row["prefill_ms"]);
        EXPECT_LT(row["decode_ms"], output + 3000);
        EXPECT_LE(row["time_to_first_token_ms"].get<double>() + row["decode_ms"].get<double>(),
                  row["total_ms"].get<double>() + 1);
    }
    EXPECT_LT(result["rows"][0]["prompt_tokens"], 40);
    EXPECT_GT(result["rows"][2]["prompt_tokens"], 1000);
}

TEST_F(ProbedServer, is_timed_from_its_question_to_the_first_token_and_from_there_to_the_last) {
    const TempDir folder;
    const std::string path = (folder / "prompt.txt").string();
    std::ofstream(path) << "one\n";
    const SmallServer server(recorded_answers(R"(
### GET /props
HTTP/1.1 200 OK

{"default_generation_settings":{}}
### POST /completion
HTTP/1.1 200 OK

@0 data: {"content":"","stop":false}
@600 data: {"content":"a","stop":false}
@1600 data: {"content":"b","stop":true,"tokens_predicted":3}
)"));
    const json row = ask(server, {"--prompts", path})["rows"][0];
    const double first = row["time_to_first_token_ms"], decode = row["decode_ms"], total = row["total_ms"];
    EXPECT_GE(first, 600);
    EXPECT_GT(decode, 0);
    EXPECT_GE(total, 1600);
    EXPECT_NEAR(first + decode, total, total / 10);
    EXPECT_NEAR(row["decode_tokens_per_second"].get<double>(), 2000 / decode, 1e-6);
}

TEST_F(ProbedServer, holds_ids_and_cache_against_a_model) {
    const SmallServer server([](const AskedRequest& request, Connection& to) {
        if (request.line == "GET /props")
            to.send(http_answer(R"({"default_generation_settings":{"n_ctx":2048},"total_slots":4})"));
        else if (request.line == "GET /v1/models")
            to.send(http_answer(R"({"data":[{"id":"m","meta":{"n_embd":128}}]})"));
        else if (request.line == "POST /tokenize") to.send(http_answer(R"({"tokens":[1,403]})"));
        else if (request.line == "POST /completion") to.send(http_answer("data: {\"content\":\"a\",\"stop\":true}\n"));
        else to.send(http_answer("{}"));
    });
    const json result = ask(server, {"--model", kSample});
    EXPECT_EQ(result["model_agrees"], true) << "the sample is 128 wide";
    EXPECT_EQ(result["tokens_agree"], false);
    EXPECT_EQ(result["token_difference"]["prompt"], "short");
    EXPECT_EQ(result["token_difference"]["position"], 1) << "both begin with BOS, which is 1";
    EXPECT_EQ(result["token_difference"]["server"], 403);
    // Two full layers of 2048 cells, two sliding ones: K and V of two heads of 32, in halves. A shared window has a
    // window of each of four sequences, one batch and is rounded up to 256: min(2048, 4 * 16 + 512) = 576, so 768.
    EXPECT_EQ(result["kv_bytes"], 2 * (2048 + 768) * 2 * 2 * 32 * 2);
    EXPECT_GT(result["kv_bytes_separate"], result["kv_bytes"]);
    const Result shown = type(server, {"--model", kSample});
    EXPECT_NE(shown.out.find("token 1 of short is 403 there and "), std::string::npos) << shown.out;
}

TEST_F(ProbedServer, of_another_server_says_so_and_leaves_out_what_it_does_not_tell) {
    const SmallServer server(recorded("openai.txt"));
    const json result = ask(server, {"--n-predict", "8", "--model", kSample});
    EXPECT_EQ(result["server"]["kind"], "openai");
    EXPECT_TRUE(result["server"]["slots"].is_null());
    EXPECT_TRUE(result["tokens_agree"].is_null());
    EXPECT_TRUE(result["kv_bytes"].is_null());
    for (const json& row : result["rows"]) {
        EXPECT_EQ(row["output_tokens"], 8);
        EXPECT_TRUE(row["timings"]["prompt_ms"].is_null());
        EXPECT_GT(row["decode_tokens_per_second"], 0);
    }
    EXPECT_NE(type(server, {}).out.find("not llama.cpp's"), std::string::npos);
}

TEST_F(ProbedServer, asks_the_lines_of_a_file_and_goes_on_after_one_that_is_refused) {
    const TempDir folder;
    const std::string path = (folder / "prompts.txt").string();
    std::ofstream(path) << "too long\n\nfine\r\n";
    const SmallServer server([](const AskedRequest& request, Connection& to) {
        if (request.line == "GET /props") to.send(http_answer(R"({"default_generation_settings":{}})"));
        else if (request.body.find("too long") != std::string::npos)
            to.send(http_answer(R"({"error":{"message":"exceeds the context"}})", "400 Bad Request"));
        else to.send(http_answer("data: {\"content\":\"a\",\"stop\":true}\n"));
    });
    const json result = ask(server, {"--prompts", path});
    ASSERT_EQ(result["rows"].size(), 2U);
    EXPECT_EQ(result["rows"][0]["name"], "1");
    EXPECT_EQ(result["rows"][0]["problem"], "HTTP 400: exceeds the context");
    EXPECT_TRUE(result["rows"][0]["total_ms"].is_null());
    EXPECT_EQ(result["rows"][1]["name"], "3");
    EXPECT_TRUE(result["rows"][1]["problem"].is_null());
    EXPECT_EQ(json::parse(server.asked().back().body)["prompt"], "fine");
}

struct Fault {
    const char* name;
    SmallServer::Answer answer;
    const char* says;
};

void answer_like_llama_cpp(const AskedRequest& request, Connection& to, const std::function<void()>& completion) {
    if (request.line == "GET /props") to.send(http_answer(R"({"default_generation_settings":{"n_ctx":512}})"));
    else if (request.line == "POST /completion") completion();
    else to.send(http_answer("{}"));
}

TEST_F(ProbedServer, says_in_one_line_what_is_wrong_with_a_server) {
    constexpr const char* kStream =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\n";
    constexpr const char* kEvent = "data: {\"content\":\"a\",\"stop\":false}\n\n";
    const std::vector<Fault> faults = {
        {"not HTTP", [](auto&, Connection& to) { to.send("\x16\x03\x01 no HTTP\r\n\r\n"); }, "HTTP/0.9"},
        {"nothing", [](auto&, Connection&) {}, "Empty reply"},
        {"a page",
         [](auto&, Connection& to) { to.send(http_answer("<html>", "200 OK", "Content-Type: text/html\r\n")); },
         "offers no models"},
        {"a key",
         [](auto&, Connection& to) {
             to.send(http_answer(R"({"error":{"message":"Invalid API Key"}})", "401 Unauthorized"));
         },
         "--api-key-file"},
        {"loading",
         [](auto&, Connection& to) {
             to.send(http_answer(R"({"error":{"message":"Loading model"}})", "503 Service Unavailable"));
         },
         "Loading model"},
        {"elsewhere",
         [](auto&, Connection& to) {
             to.send(http_answer("", "307 Elsewhere", "Location: http://other.example/\r\n"));
         },
         "redirects to http://other.example/, which is not followed"},
        {"cut",
         [&](const AskedRequest& request, Connection& to) {
             answer_like_llama_cpp(request, to, [&] { to.send(std::string(kStream) + kEvent); });
         },
         "bytes remaining"},
        {"endless",
         [&](const AskedRequest& request, Connection& to) {
             answer_like_llama_cpp(request, to, [&] {
                 to.send("HTTP/1.1 200 OK\r\n\r\n");
                 while (to.send(kEvent)) continue;
             });
         },
         "does not end"},
        {"endless headers",
         [](auto&, Connection& to) {
             to.send("HTTP/1.1 200 OK\r\n");
             while (to.send("X: " + std::string(1000, 'x') + "\r\n")) continue;
         },
         ""},
        {"silent",
         [&](const AskedRequest& request, Connection& to) {
             answer_like_llama_cpp(request, to, [&] { to.gone_within(20s); });
         },
         "timed out"},
        {"escapes",
         [](auto&, Connection& to) {
             to.send(http_answer("{\"error\":{\"message\":\"\\u001b[2J\\u202e\"}}", "500 \x1b[31m"));
         },
         "HTTP 500: \\x1b[2J\\u202e"},
    };
    for (const Fault& fault : faults) {
        const SmallServer server(fault.answer);
        const auto start = std::chrono::steady_clock::now();
        const Result result = type(server, {"--timeout", "2", "--json"});
        EXPECT_EQ(result.status, 2) << fault.name;
        EXPECT_NE(result.err.find(fault.says), std::string::npos) << fault.name << ": " << result.err;
        EXPECT_NE(result.err.find("[not-fetched]"), std::string::npos) << fault.name << ": " << result.err;
        EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
        EXPECT_EQ(result.err.find('\x1b'), std::string::npos) << fault.name;
        EXPECT_EQ(contract_violations(result.out), Typed{}) << fault.name;
        EXPECT_LT(std::chrono::steady_clock::now() - start, 30s) << fault.name;
    }
    const Result nobody = run_cli({"probe", "127.0.0.1:1"});
    EXPECT_EQ(nobody.status, 2);
    EXPECT_NE(nobody.err.find("Failed to connect"), std::string::npos) << nobody.err;
    EXPECT_EQ(run_cli({"probe", "http://a b"}).status, 2);
    EXPECT_NE(run_cli({"probe", "--offline"}).err.find("[not-fetched]"), std::string::npos);
}

TEST_F(ProbedServer, lets_no_control_character_of_a_server_through) {
    const SmallServer server([](const AskedRequest& request, Connection& to) {
        if (request.line == "GET /props")
            to.send(http_answer(
                "{\"default_generation_settings\":{},\"model_alias\":\"\\u001b[31m\",\"build_info\":\"\\u202e\"}"));
        else if (request.line == "GET /v1/models")
            to.send(http_answer("{\"data\":[{\"id\":\"m\"}]}", "200 OK", "Server: \x1b[2J\r\n"));
        else to.send(http_answer("data: {\"content\":\"\\u001b\",\"stop\":true}\n"));
    });
    for (const char* format : {"table", "csv", "markdown", "json", "jsonl"}) {
        const Result result = type(server, {"--format", format});
        EXPECT_EQ(result.status, 0) << result.err;
        EXPECT_EQ(result.out.find('\x1b'), std::string::npos) << format;
        EXPECT_EQ(result.out.find("\u202e"), std::string::npos) << format;
    }
}

TEST_F(ProbedServer, sends_a_key_to_its_server_and_shows_it_to_nobody) {
    const TempDir folder;
    const std::string path = (folder / "key").string(), key = "sk-\"quoted\\\"";
    std::ofstream(path) << key << "\n";
    const SmallServer other([](auto&, Connection& to) { to.send(http_answer("{}")); });
    std::atomic<bool> asked{false}, looked{false};
    const SmallServer server([&](const AskedRequest&, Connection& to) {
        asked = true;
        for (int i = 0; i < 10'000 && !looked; ++i) std::this_thread::sleep_for(1ms);
        to.send(http_answer("", "302 Found", "Location: http://" + other.host() + "/\r\n"));
    });
    std::string seen;
    const Result result = run({.arguments = {"probe", server.host(), "--api-key-file", path}, .meanwhile = [&](pid_t) {
                                   for (int i = 0; i < 10'000 && !asked; ++i) std::this_thread::sleep_for(1ms);
                                   seen = in_shell("cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '").out;
                                   looked = true;
                               }});
    EXPECT_EQ(result.status, 2);
    EXPECT_NE(server.asked().front().headers.find("Authorization: Bearer " + key), std::string::npos);
    EXPECT_TRUE(other.asked().empty()) << "a redirect was followed";
    EXPECT_NE(seen.find("curl"), std::string::npos) << "while it ran";
    EXPECT_EQ((result.out + result.err + seen).find(key.substr(0, 10)), std::string::npos);
    std::ofstream(path) << "two\nlines\n";
    EXPECT_EQ(run_cli({"probe", server.host(), "--api-key-file", path}).status, 2);
}

TEST_F(ProbedServer, ends_its_child_when_it_is_interrupted) {
    std::atomic<bool> waits{false}, hung_up{false};
    const SmallServer server([&](const AskedRequest&, Connection& to) {
        waits = true;
        hung_up = to.gone_within(20s);
    });
    const Result result = run({.arguments = {"probe", server.host()}, .meanwhile = [&](pid_t process) {
                                   for (int i = 0; i < 10'000 && !waits; ++i) std::this_thread::sleep_for(1ms);
                                   ::kill(process, SIGTERM);
                               }});
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.err, "attnx: interrupted\n");
    for (int i = 0; i < 5'000 && !hung_up; ++i) std::this_thread::sleep_for(1ms);
    EXPECT_TRUE(hung_up) << "curl lives on";
}

}  // namespace
}  // namespace attnx::test
