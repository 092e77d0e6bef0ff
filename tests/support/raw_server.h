// A server that says to each request whatever a test wants, however wrong.
#pragma once

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/socket.h"

namespace attnx::test {

class RawServer {
public:
    class Connection {
    public:
        explicit Connection(int fd, const std::atomic<bool>& over) : fd_(fd), over_(over) {}
        bool say(const std::string& text) const {
            std::size_t sent = 0;
            while (sent < text.size()) {
                const ssize_t now = ::send(fd_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
                if (now <= 0) return false;
                sent += static_cast<std::size_t>(now);
            }
            return true;
        }
        // Until the other side hangs up, or the test is over.
        void wait() const {
            for (char c = 0; !over_;) {
                pollfd ready{fd_, POLLIN, 0};
                if (::poll(&ready, 1, 50) > 0 && ::recv(fd_, &c, 1, 0) <= 0) return;
            }
        }

    private:
        int fd_;
        const std::atomic<bool>& over_;
    };
    using Answer = std::function<void(const Connection&, const std::string& request)>;

    explicit RawServer(Answer answer) : answer_(std::move(answer)) {
        ::listen(socket_.get(), 16);
        thread_ = std::thread([this] { serve(); });
    }
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;
    ~RawServer() {
        over_ = true;
        thread_.join();
    }

    std::string url(const std::string& path = "m.gguf") const {
        return fmt::format("http://127.0.0.1:{}/{}", socket_.port(), path);
    }
    std::vector<std::string> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }
    int ended() const { return ended_; }  // connections

private:
    void serve() {
        while (!over_) {
            pollfd ready{socket_.get(), POLLIN, 0};
            if (::poll(&ready, 1, 50) <= 0) continue;
            const int fd = ::accept(socket_.get(), nullptr, nullptr);
            if (fd < 0) continue;
            std::string request;
            for (char c = 0; request.find("\r\n\r\n") == request.npos && ::recv(fd, &c, 1, 0) == 1;) request += c;
            {
                const std::lock_guard lock(mutex_);
                requests_.push_back(request);
            }
            answer_(Connection(fd, over_), request);
            ::close(fd);
            ++ended_;
        }
    }

    Socket socket_;
    Answer answer_;
    std::atomic<bool> over_{false};
    std::atomic<int> ended_{0};
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    std::thread thread_;
};

}  // namespace attnx::test
