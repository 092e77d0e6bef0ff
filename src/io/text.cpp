#include "attnx/io/text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "attnx/base/error.h"
#include "attnx/base/units.h"
#include "system.h"

namespace attnx::io {
namespace {

std::string read_all(int fd, std::uint64_t most, const std::string& what, const Where& where,
                     const Enough& enough = {}) {
    const auto refuse = [&](const std::string& why) { throw Error(ErrorCode::read_failed, what + why, where); };
    std::string text;
    std::string block(1 << 16, '\0');
    for (;;) {
        const ssize_t got = ::read(fd, block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) refuse(reason(errno));
        if (got == 0) return text;
        if (text.size() + static_cast<std::size_t>(got) > most)
            refuse("the text does not end within " + format_bytes(most));
        text.append(block, 0, static_cast<std::size_t>(got));
        if (enough && enough(text)) return text;
    }
}

}  // namespace

std::string read_text(const std::string& path, std::uint64_t most) {
    const Where where{path, {}, {}};
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (file.get() < 0) throw Error(ErrorCode::cannot_open, fmt::format("cannot be opened: {}", reason(errno)), where);
    struct stat status = {};
    if (::fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode))
        throw Error(ErrorCode::not_a_file, "is a directory, not a text", where);
    return read_all(file.get(), most, "", where);
}

std::string read_standard_input_until(const Enough& enough, std::uint64_t most) {
    return read_all(STDIN_FILENO, most, "standard input: ", {}, enough);
}

std::string read_pipe(int descriptor, const std::string& what, std::uint64_t most) {
    return read_all(descriptor, most, what + ": ", {});
}

std::string read_pipe_until(int descriptor, const std::string& what, const Enough& enough, std::uint64_t most) {
    return read_all(descriptor, most, what + ": ", {}, enough);
}

std::string read_standard_input(std::uint64_t most) { return read_all(STDIN_FILENO, most, "standard input: ", {}); }

}  // namespace attnx::io
