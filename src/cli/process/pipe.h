// A pipe to or from another program. Private to cli.
#pragma once

#include <array>
#include <string_view>

namespace attnx::cli {

// Two ends that no other program inherits.
class Pipe {
public:
    Pipe();
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe();

    int reading() const { return ends_[0]; }
    int writing() const { return ends_[1]; }
    void close_reading();
    void close_writing();
    // As much as is taken: a program that left is asked why.
    void feed(std::string_view text);

private:
    std::array<int, 2> ends_ = {-1, -1};
};

}  // namespace attnx::cli
