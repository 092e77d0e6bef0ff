// A server on a port of this machine that answers as a test says: byte by byte, late, wrong or never.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/socket.h"

namespace attnx::test {

struct AskedRequest {
    std::string line = {};     // "GET /props"
    std::string headers = {};  // as they came
    std::string body = {};
};

class SmallServer {
public:
    // What is answered to one request; the connection is closed behind it.
    class Connection {
    public:
        explicit Connection(int socket) : socket_(socket) {}
        // Whether the other side still listens.
        bool send(std::string_view bytes);
        // Until the other side is gone, or for so long.
        bool gone_within(std::chrono::milliseconds time);

    private:
        int socket_;
    };
    using Answer = std::function<void(const AskedRequest&, Connection&)>;

    explicit SmallServer(Answer answer);
    SmallServer(const SmallServer&) = delete;
    SmallServer& operator=(const SmallServer&) = delete;
    ~SmallServer();

    std::string host() const;  // "127.0.0.1:PORT"
    std::vector<AskedRequest> asked() const;

private:
    void serve();
    void serve_one(int socket);

    Answer answer_;
    Socket listener_;
    std::atomic<bool> over_{false};
    mutable std::mutex mutex_;
    std::vector<AskedRequest> asked_;
    std::thread thread_;
};

// A whole answer of a length that is told.
std::string http_answer(std::string_view body, std::string_view status = "200 OK",
                        std::string_view headers = "Content-Type: application/json\r\n");

// Answers as a server once did: of a file of blocks that each begin with a line "### GET /path", then status and
// headers, an empty line, and the body. Lines of it that begin with "@12.5 " come so many milliseconds after the
// request. Of several blocks of one path each is for one request, and the last for all further ones; other paths are
// answered with 404.
SmallServer::Answer recorded_answers(const std::string& file_text);

}  // namespace attnx::test
