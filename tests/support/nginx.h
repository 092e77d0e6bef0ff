// nginx, of Debian, on free ports of this machine, with a folder and a log of its own.
#pragma once

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/socket.h"
#include "support/temp_dir.h"

namespace attnx::test {

// Serves www() at each of its ports, which count as servers of their own; `places` stands in the first one's block,
// where OTHER is the address of the second.
class Nginx {
public:
    static constexpr const char* kProgram = "/usr/sbin/nginx";
    static bool installed() { return std::filesystem::exists(kProgram); }

    explicit Nginx(std::string places) {
        for (int tries = 0; tries < 5 && !start(places); ++tries) stop();
        if (pid_ == 0) throw std::runtime_error("nginx does not start: " + read("error.log"));
    }
    Nginx(const Nginx&) = delete;
    Nginx& operator=(const Nginx&) = delete;
    ~Nginx() { stop(); }

    // A file that is to be served; its folder is made.
    std::filesystem::path www(const std::string& name) const {
        const std::filesystem::path path = dir_ / "www" / name;
        std::filesystem::create_directories(path.parent_path());
        return path;
    }
    void put(const std::string& name, const std::string& text) const {
        std::ofstream(www(name), std::ios::binary) << text;
    }
    std::string url(const std::string& path) const { return fmt::format("http://127.0.0.1:{}/{}", port_, path); }
    std::string other(const std::string& path) const { return fmt::format("http://127.0.0.1:{}/{}", other_, path); }

    // The third server, if there is the openssl program: https, with a certificate for 127.0.0.1 in certificate().
    bool has_https() const { return std::filesystem::exists(certificate()); }
    std::filesystem::path certificate() const { return dir_ / "cert.pem"; }
    std::string secure(const std::string& path) const { return fmt::format("https://127.0.0.1:{}/{}", secure_, path); }

    // "PORT METHOD /path range auth [what was sent] status bytes", a line for each request. What was asked before is
    // there: one more is asked, and answered after it.
    std::vector<std::string> requests() const {
        ask_at(other_, "/synchronised");
        std::ifstream log(dir_ / "access.log");
        std::vector<std::string> lines;
        for (std::string line; std::getline(log, line);)
            if (line.find("/synchronised") == line.npos) lines.push_back(line);
        return lines;
    }
    void forget() const { std::filesystem::resize_file(dir_ / "access.log", 0); }
    std::string address_of_other() const { return fmt::format("127.0.0.1:{}", other_); }

private:
    std::string read(const std::string& name) const {
        std::ifstream in(dir_ / name);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    bool start(std::string places) {
        port_ = Socket().port();
        other_ = Socket().port();
        for (std::size_t at = places.find("OTHER"); at != std::string::npos; at = places.find("OTHER"))
            places.replace(at, 5, address_of_other());
        for (std::size_t at = places.find("FOLDER"); at != std::string::npos; at = places.find("FOLDER"))
            places.replace(at, 6, dir_.path().string());
        std::filesystem::create_directories(dir_ / "www");
        std::string https;
        secure_ = Socket().port();
        if (std::system(fmt::format("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 9 "
                                    "-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout {0}/key.pem "
                                    "-out {0}/cert.pem 2>/dev/null",
                                    dir_.path().string())
                            .c_str()) == 0)
            https = fmt::format(
                "server {{ listen 127.0.0.1:{1} ssl; root {0}/www; ssl_certificate {0}/cert.pem; ssl_certificate_key "
                "{0}/key.pem; location /down/ {{ rewrite ^/down/(.*)$ http://{2}/$1 redirect; }} }}\n",
                dir_.path().string(), secure_, address_of_other());
        std::ofstream(dir_ / "nginx.conf") << fmt::format(
            "daemon off; master_process off; pid {0}/pid; error_log {0}/error.log info;\n"
            "events {{ worker_connections 64; }}\n"
            "http {{ client_body_temp_path {0}/t1; proxy_temp_path {0}/t2; fastcgi_temp_path {0}/t3;\n"
            "uwsgi_temp_path {0}/t4; scgi_temp_path {0}/t5; default_type application/octet-stream;\n"
            "log_format all '$server_port $request_method $uri range=$http_range auth=[$http_authorization] "
            "status=$status bytes=$body_bytes_sent';\n"
            "access_log {0}/access.log all;\n"
            "server {{ listen 127.0.0.1:{1}; root {0}/www; {3} }}\n"
            "server {{ listen 127.0.0.1:{2}; root {0}/www; }} {4} }}\n",
            dir_.path().string(), port_, other_, places, https);
        std::vector<std::string> line = {kProgram,
                                         "-c",
                                         (dir_ / "nginx.conf").string(),
                                         "-p",
                                         dir_.path().string(),
                                         "-e",
                                         (dir_ / "error.log").string()};
        std::vector<char*> arguments;
        for (std::string& word : line) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        char* const environment[] = {nullptr};
        if (posix_spawn(&pid_, kProgram, nullptr, nullptr, arguments.data(), environment) != 0) return false;
        for (int i = 0; i < 400; ++i) {
            if (answers_at(port_)) return true;
            if (::waitpid(pid_, nullptr, WNOHANG) == pid_) break;
            std::this_thread::sleep_for(std::chrono::milliseconds(25));
        }
        return false;
    }
    void stop() {
        if (pid_ > 0 && ::kill(pid_, SIGTERM) == 0) ::waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }

    TempDir dir_;
    int port_ = 0, other_ = 0, secure_ = 0;
    pid_t pid_ = 0;
};

}  // namespace attnx::test
