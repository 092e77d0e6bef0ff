// Models on a real server, nginx: what the same file gives, or one clear line.
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "attnx/gguf/file.h"
#include "support/hollow_file.h"
#include "support/on_nginx.h"

namespace attnx::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Line = std::vector<std::string>;

class Servers : public OnNginx {
protected:
    static void SetUpTestSuite() {
        begin(
            "location /plain/ { max_ranges 0; } location /gzip/ { add_header Content-Encoding gzip; }"
            "location /closed/ { auth_basic closed; auth_basic_user_file FOLDER/www/users; }"
            "location /elsewhere/ { rewrite ^/elsewhere/(.*)$ http://OTHER/far/$1?key=s3cret redirect; }"
            "location /loop/ { return 302 /loop/x; } location /busy/ { return 503; } location /slow/ { limit_rate 200k; }");
    }
    // Whatever is asked, from the server as from the disk.
    void expect_the_same(const Line& words, const std::string& name, const std::string& url) const {
        Line local = words, remote = words;
        local.insert(local.begin() + 1, server().www(name).string());
        remote.insert(remote.begin() + 1, url);
        const Result here = home(local), there = home(remote);
        EXPECT_EQ(there.status, here.status) << words.front() << there.err;
        std::string out = there.out;
        for (std::size_t at = out.find(url); at != out.npos; at = out.find(url)) out.replace(at, url.size(), local[1]);
        EXPECT_EQ(out, here.out) << words.front();
    }
    struct Traffic {
        std::size_t requests = 0;
        std::uint64_t bytes = 0;
    };
    static Traffic traffic() {
        Traffic sum;
        for (const std::string& line : server().requests()) {
            ++sum.requests;
            sum.bytes += std::stoull(line.substr(line.rfind('=') + 1));
        }
        return sum;
    }
};

// As converters write one: pieces grow, types follow, then merges of twice their length.
HollowFile with_vocabulary(std::size_t tokens) {
    std::vector<std::string> pieces(tokens), merges(tokens);
    for (std::size_t i = 0; i < tokens; ++i) {
        pieces[i] = std::string(2 + 10 * i / tokens, static_cast<char>('a' + i % 26));
        merges[i] = pieces[i] + " " + pieces[i];
    }
    HollowFile file;
    file.key("general.architecture", "llama").key("llama.block_count", 1U).key("tokenizer.ggml.model", "gpt2");
    file.key("tokenizer.ggml.tokens", pieces).key("tokenizer.ggml.token_type", std::vector<std::int32_t>(tokens, 1));
    file.key("tokenizer.ggml.merges", merges);
    return std::move(file.tensor("token_embd.weight", "f16", {1024, tokens}));
}

TEST_F(Servers, give_what_the_same_file_gives) {
    server().put("a/m.gguf", file_of());
    const std::string url = server().url("a/m.gguf");
    for (const Line& words : {Line{"inspect"},
                              {"inspect", "--json"},
                              {"tensors"},
                              {"metadata"},
                              {"check", "--json"},
                              {"kv-cost", "-c", "256"},
                              {"compute-cost", "-c", "256"},
                              {"values", "output_norm.weight"},
                              {"weights"},
                              {"weights", "--composition"}})
        expect_the_same(words, "a/m.gguf", url);
    EXPECT_EQ(home({"inspect", url + "#fragment"}).out, home({"inspect", url}).out);
}

TEST_F(Servers, are_asked_for_a_header_in_few_pieces) {
    for (const auto& [tokens, most_requests] : {std::pair<std::size_t, std::size_t>{26000, 2}, {700000, 6}}) {
        const std::string name = "v/" + std::to_string(tokens) + ".gguf";
        with_vocabulary(tokens).write(server().www(name));
        const std::uint64_t header = gguf::File::open(server().www(name)).header().tensor_table_end;
        server().forget();
        const Result result = home({"inspect", server().url(name), "--json"});
        ASSERT_EQ(result.status, 0) << result.err;
        EXPECT_EQ(json::parse(result.out)["result"]["file"]["size_bytes"], fs::file_size(server().www(name)));
        EXPECT_LE(traffic().requests, most_requests) << header;
        EXPECT_LE(traffic().bytes, std::max(header * 12 / 10, std::uint64_t{2} << 20)) << header;
        EXPECT_GT(header, tokens * 40) << "what is measured is that large";
    }
}

TEST_F(Servers, without_ranges_give_a_header_in_one_answer_that_is_left_and_no_numbers) {
    with_vocabulary(100000).write(server().www("plain/v.gguf"));
    expect_the_same({"inspect"}, "plain/v.gguf", server().url("plain/v.gguf"));
    for (int i = 0; i < 200 && traffic().requests == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(traffic().requests, 1U);
    EXPECT_LT(traffic().bytes, fs::file_size(server().www("plain/v.gguf")) / 2) << "204 MB of zeros are not waited for";
    const std::string line =
        home.refusal({"values", server().url("plain/v.gguf"), "token_embd.weight", "--rows", "90000"});
    EXPECT_NE(line.find("the server has no ranges"), std::string::npos) << line;
}

TEST_F(Servers, are_asked_for_those_tensors_alone_that_are_read) {
    HollowFile file;
    file.key("general.architecture", "llama").key("llama.block_count", 1U);
    file.tensor("wide", "f32", {1 << 14, 1 << 12})
        .tensor("narrow", "f32", {64})
        .tensor("other", "f32", {1 << 14, 1 << 12});
    file.write(server().www("t/m.gguf"));
    expect_the_same({"values", "narrow"}, "t/m.gguf", server().url("t/m.gguf"));
    expect_the_same({"values", "wide", "--rows", "7:9", "--cols", "0:4"}, "t/m.gguf", server().url("t/m.gguf"));
    EXPECT_LT(traffic().bytes, 3U << 20) << "of half a gigabyte";
    const std::string offline =
        home.refusal({"values", server().url("t/m.gguf"), "wide", "--rows", "999", "--cols", "0:4", "--offline"});
    EXPECT_NE(offline.find("numbers are not kept, and --offline fetches nothing"), std::string::npos) << offline;
    const std::string line = home.refusal({"attend", server().url("t/m.gguf"), "-p", "x"});
    EXPECT_NE(line.find("takes all of a model: fetch the file first"), std::string::npos) << line;
    for (const Line& whole : {Line{"check", "--data"}, {"diff", "--values", server().url("t/m.gguf")}, {"heads"}}) {
        Line words = whole;
        words.insert(words.begin() + 1, server().url("t/m.gguf"));
        EXPECT_NE(home.refusal(words).find("fetch the file first"), std::string::npos) << whole.front();
    }
}

TEST_F(Servers, give_split_sets_whole_or_with_parts_missing) {
    const auto part = [&](std::uint16_t number, bool served = true) {
        GgufBuilder builder;
        builder.key("split.count", std::uint16_t{3})
            .key("split.no", number)
            .key("split.tensors.count", std::int32_t{3});
        if (number == 0) builder.key("general.architecture", "llama").key("llama.block_count", 1U);
        builder.tensor("t" + std::to_string(number), "f32", {4}, fill_f32({1, 2, 3, float(number)}));
        if (served) builder.write(server().www("s/m-0000" + std::to_string(number + 1) + "-of-00003.gguf"));
    };
    for (std::uint16_t i = 0; i < 3; ++i) part(i);
    for (const char* name : {"s/m-00001-of-00003.gguf", "s/m-00003-of-00003.gguf"}) {
        expect_the_same({"tensors"}, name, server().url(name));
        expect_the_same({"values", "t1"}, name, server().url(name));
    }
    const Result keyed = home({"values", server().url("s/m-00002-of-00003.gguf?key=s3cret"), "t2"});
    EXPECT_EQ(keyed.status, 0) << keyed.err;
    EXPECT_EQ((keyed.out + home.everything_kept()).find("s3cret"), std::string::npos);
    fs::remove(server().www("s/m-00003-of-00003.gguf"));
    expect_the_same({"tensors"}, "s/m-00001-of-00003.gguf", server().url("s/m-00001-of-00003.gguf"));
    EXPECT_NE(home.refusal({"values", server().url("s/m-00001-of-00003.gguf"), "t0"}).find("[missing-shard]"),
              std::string::npos);
}

TEST_F(Servers, that_redirect_to_others_are_followed) {
    server().put("far/m.gguf", file_of());
    const Result result = home({"inspect", server().url("elsewhere/m.gguf")});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.out.find("s3cret"), std::string::npos);
    EXPECT_NE(home.refusal({"inspect", server().url("loop/m.gguf")}).find("again and again"), std::string::npos);
}

TEST_F(Servers, that_fail_are_told_in_one_line) {
    server().put("gzip/m.gguf", file_of());
    server().put("closed/m.gguf", file_of());
    server().put("users", "me:{PLAIN}s3cret\n");
    server().put("x/page.gguf", "<!DOCTYPE html><html>Not here</html>");
    server().put("x/empty.gguf", "");
    server().put("x/cut.gguf", file_of().substr(0, 300));
    const auto said = [&](const std::string& path, const std::string& words) {
        const std::string line = home.refusal({"inspect", server().url(path)});
        EXPECT_NE(line.find(words), std::string::npos) << line;
    };
    said("x/none.gguf", "it is not there (404) [not-fetched]");
    said("closed/m.gguf", "who you are (401)");
    said("busy/m.gguf", "status 503");
    said("gzip/m.gguf", "compresses the file");
    said("x/page.gguf", "this looks like an HTML page");
    said("x/empty.gguf", "[empty-file]");
    said("x/cut.gguf", "[bad-count]");
    EXPECT_NE(home.refusal({"inspect", "http://127.0.0.1:1/m.gguf"}).find("[not-fetched]"), std::string::npos);
    EXPECT_NE(home.refusal({"inspect", "https://me:s3cret@host/m.gguf?key=s3cret"}).find("belong into ~/.netrc"),
              std::string::npos);
    EXPECT_EQ(home.refusal({"inspect", "https://me:s3cret@host/m.gguf?key=s3cret"}).find("s3cret"), std::string::npos);
    const json error = json::parse(home({"inspect", server().url("x/none.gguf"), "--json"}).out)["error"];
    EXPECT_EQ(error["code"], "not-fetched");
    EXPECT_EQ(error["path"], server().url("x/none.gguf"));
}

TEST_F(Servers, are_given_what_netrc_says_and_no_other_s) {
    server().put("closed/m.gguf", file_of());
    server().put("users", "me:{PLAIN}s3cret\n");
    std::ofstream(home / ".netrc") << "machine 127.0.0.1 login me password s3cret\n";
    fs::permissions(home / ".netrc", fs::perms::owner_read);
    const Result result = home({"inspect", server().url("closed/m.gguf")});
    EXPECT_EQ(result.status, 0) << result.err;
}

TEST_F(Servers, of_https_are_believed_by_their_certificates_and_lead_to_no_http) {
    if (!server().has_https()) GTEST_SKIP() << "the program openssl is not installed";
    server().put("a/m.gguf", file_of());
    const std::map<std::string, std::string> believed = {{"CURL_CA_BUNDLE", server().certificate().string()}};
    EXPECT_EQ(home({"values", server().secure("a/m.gguf"), "output_norm.weight"}, believed).status, 0);
    EXPECT_NE(home.refusal({"inspect", server().secure("a/m.gguf")}).find("certificate"), std::string::npos);
    EXPECT_NE(home.refusal({"inspect", server().secure("down/a/m.gguf")}, believed).find("from https to http"),
              std::string::npos);
}

TEST_F(Servers, that_are_slow_are_waited_for) {
    with_vocabulary(20000).write(server().www("slow/v.gguf"));
    const auto start = std::chrono::steady_clock::now();
    expect_the_same({"inspect"}, "slow/v.gguf", server().url("slow/v.gguf"));
    EXPECT_GT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

TEST_F(Servers, are_asked_as_attnx_wants_whatever_curlrc_says) {
    server().put("far/m.gguf", file_of());
    std::ofstream(home / ".curlrc") << "verbose\nlocation\nfail\ncompressed\nno-include\nwrite-out = \"x\"\n";
    const Result result = home({"inspect", server().url("elsewhere/m.gguf")});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_NE(home.refusal({"inspect", server().url("busy/m.gguf")}).find("status 503"), std::string::npos);
}

}  // namespace
}  // namespace attnx::test
