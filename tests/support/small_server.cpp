#include "support/small_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <stdexcept>

#include "support/console_blocks.h"

namespace attnx::test {
namespace {

using Clock = std::chrono::steady_clock;

bool readable(int socket, int milliseconds) {
    pollfd wanted{socket, POLLIN, 0};
    return poll(&wanted, 1, milliseconds) > 0;
}

std::size_t length_told(const std::string& headers) {
    constexpr std::string_view kName = "Content-Length: ";
    const std::size_t at = headers.find(kName);
    std::size_t length = 0;
    if (at != std::string::npos)
        std::from_chars(headers.data() + at + kName.size(), headers.data() + headers.size(), length);
    return length;
}

AskedRequest read_request(int socket) {
    std::string text;
    std::string block(1 << 16, '\0');
    std::size_t end = std::string::npos;
    for (;;) {
        end = text.find("\r\n\r\n");
        if (end != std::string::npos && text.size() >= end + 4 + length_told(text.substr(0, end))) break;
        const ssize_t got = readable(socket, 20'000) ? recv(socket, block.data(), block.size(), 0) : 0;
        if (got <= 0) return {};
        text.append(block, 0, static_cast<std::size_t>(got));
    }
    const std::size_t line = text.find(" HTTP/");
    return {text.substr(0, line), text.substr(0, end), text.substr(end + 4)};
}

struct Recorded {
    std::string head;
    std::vector<std::string> lines;
};

void play(const Recorded& recorded, SmallServer::Connection& to) {
    const auto asked = Clock::now();
    bool alive = to.send(recorded.head + "Connection: close\r\n\r\n");
    for (std::string line : recorded.lines) {
        if (line.starts_with('@')) {
            const std::size_t space = line.find(' ');
            double at = 0;
            std::from_chars(line.data() + 1, line.data() + space, at);
            std::this_thread::sleep_until(asked + std::chrono::microseconds(static_cast<long>(at * 1000)));
            line.erase(0, space + 1);
        }
        alive = alive && to.send(line + "\n");
    }
}

}  // namespace

bool SmallServer::Connection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool SmallServer::Connection::gone_within(std::chrono::milliseconds time) {
    char byte = 0;
    return readable(socket_, static_cast<int>(time.count())) && recv(socket_, &byte, 1, 0) <= 0;
}

SmallServer::SmallServer(Answer answer) : answer_(std::move(answer)) {
    if (listen(listener_.get(), 16) != 0) throw std::runtime_error("no port of this machine can be listened to");
    thread_ = std::thread([this] { serve(); });
}

SmallServer::~SmallServer() {
    over_ = true;
    thread_.join();
}

std::string SmallServer::host() const { return "127.0.0.1:" + std::to_string(listener_.port()); }

std::vector<AskedRequest> SmallServer::asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
}

void SmallServer::serve() {
    while (!over_) {
        if (!readable(listener_.get(), 20)) continue;
        const int socket = accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) continue;
        serve_one(socket);
        close(socket);
    }
}

void SmallServer::serve_one(int socket) {
    const AskedRequest request = read_request(socket);
    if (request.line.empty()) return;
    {
        const std::lock_guard lock(mutex_);
        asked_.push_back(request);
    }
    Connection connection(socket);
    answer_(request, connection);
    shutdown(socket, SHUT_WR);
    connection.gone_within(std::chrono::seconds(5));  // closed before it has read all, the answer could be lost
}

std::string http_answer(std::string_view body, std::string_view status, std::string_view headers) {
    return "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(headers) +
           "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + std::string(body);
}

SmallServer::Answer recorded_answers(const std::string& file_text) {
    struct Blocks {
        std::vector<Recorded> answers;
        std::size_t next = 0;
    };
    auto blocks = std::make_shared<std::map<std::string, Blocks>>();
    Recorded* block = nullptr;
    bool in_body = false;
    for (const std::string& line : lines_of(file_text)) {
        if (line.starts_with("### ")) {
            block = &(*blocks)[line.substr(4)].answers.emplace_back();
            in_body = false;
        } else if (block != nullptr && in_body) {
            block->lines.push_back(line);
        } else if (block != nullptr && line.empty()) {
            in_body = true;
        } else if (block != nullptr) {
            block->head += line + "\r\n";
        }
    }
    return [blocks](const AskedRequest& request, SmallServer::Connection& to) {
        const auto found = blocks->find(request.line);
        if (found == blocks->end()) {
            to.send(http_answer(R"({"error":{"message":"File Not Found"}})", "404 Not Found"));
            return;
        }
        Blocks& of_path = found->second;
        play(of_path.answers[std::min(of_path.next++, of_path.answers.size() - 1)], to);
    };
}

}  // namespace attnx::test
