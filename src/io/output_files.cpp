#include "attnx/io/output_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <utility>

#include "attnx/base/error.h"
#include "system.h"

namespace attnx::io {
namespace {

constexpr unsigned kNewFile = ~0U;
constexpr std::size_t kBuffer = std::size_t{1} << 18;  // bytes that wait for others

// What a file is, whatever it is called.
struct Identity {
    dev_t device;
    ino_t inode;
    bool operator==(const Identity&) const = default;
};

std::optional<Identity> identity(const std::string& path) {
    struct stat status = {};
    if (::stat(path.c_str(), &status) != 0) return std::nullopt;
    return Identity{status.st_dev, status.st_ino};
}

[[noreturn]] void cannot_write(const std::string& path, int error) {
    throw Error(ErrorCode::write_failed, fmt::format("cannot write: {}", reason(error)), {path, {}, {}});
}

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

// Of an output: itself when it is there, and the place where its name stands, which also those have that are not there
// yet.
struct Place {
    std::string path, name;
    std::optional<Identity> file, folder;

    explicit Place(const std::string& where)
        : path(where),
          name(where.substr(where.rfind('/') + 1)),
          file(identity(where)),
          folder(identity(folder_of(where))) {}

    bool same_as(const Place& other) const {
        return (file && file == other.file) || (folder && folder == other.folder && name == other.name);
    }
};

void refuse_what_is_no_file(const std::string& path) {
    struct stat status = {};
    if (path.empty() || path.ends_with('/'))
        throw Error(ErrorCode::not_a_file, "an output needs the name of a file", {path, {}, {}});
    if (::lstat(path.c_str(), &status) != 0) {
        if (errno != ENOENT) cannot_write(path, errno);
        return;
    }
    const bool replaceable = S_ISREG(status.st_mode) || S_ISLNK(status.st_mode);
    if (!replaceable)
        throw Error(ErrorCode::not_a_file, "an output replaces files and links only; this is something else",
                    {path, {}, {}});
    if (S_ISREG(status.st_mode) && ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0)
        cannot_write(path, errno);
}

void refuse_what_is_read(const Place& output, std::span<const std::string> inputs) {
    for (const std::string& input : inputs)
        if (output.file && output.file == identity(input))
            throw Error(ErrorCode::usage,
                        output.path == input
                            ? "this file is read; it cannot be the output too"
                            : fmt::format("this is {}, which is read; it cannot be the output too", input),
                        {output.path, {}, {}});
    constexpr std::array kStreams = {"standard input", "standard output", "standard error"};
    for (int stream = 0; stream < 3; ++stream) {
        struct stat status = {};
        if (::fstat(stream, &status) != 0 || !S_ISREG(status.st_mode)) continue;
        if (output.file == Identity{status.st_dev, status.st_ino})
            throw Error(ErrorCode::usage,
                        fmt::format("this file is {} already", kStreams[static_cast<std::size_t>(stream)]),
                        {output.path, {}, {}});
    }
}

// In the folder of `path`, so that it can be renamed; of a name that nobody can guess, and short enough for every file
// system.
std::string unfinished_name(const std::string& path) {
    std::array<unsigned char, 16> random{};
    if (::getentropy(random.data(), random.size()) != 0) cannot_write(path, errno);
    std::string name = folder_of(path) + "/.attnx-";
    for (const unsigned char byte : random) name += fmt::format("{:02x}", byte);
    return name;
}

unsigned mode_of(const std::string& path) {
    struct stat status = {};
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return kNewFile;
    return status.st_mode & 0777U;
}

}  // namespace

// A file that replaces another is nobody else's until it is complete.
OutputFile::OutputFile(std::string path, unsigned mode_of_new)
    : path_(std::move(path)), mode_(mode_of(path_)), unfinished_(unfinished_name(path_)) {
    const Uninterrupted whole;
    file_ = ::open(unfinished_.path().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                   mode_ == kNewFile ? mode_of_new : 0600U);
    if (file_ < 0) fail(errno);
}

OutputFile::~OutputFile() {
    if (file_ >= 0) ::close(file_);
    if (!appeared_) ::unlink(unfinished_.path().c_str());
}

void OutputFile::put(const char* data, std::size_t bytes) {
    while (bytes != 0) {
        const ssize_t written = ::pwrite(file_, data, bytes, static_cast<off_t>(at_));
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) fail(written < 0 ? errno : EIO);
        at_ += static_cast<std::uint64_t>(written);
        data += written;
        bytes -= static_cast<std::size_t>(written);
    }
}

void OutputFile::empty_buffer() {
    put(buffer_.data(), buffer_.size());
    buffer_.clear();
}

void OutputFile::write(const void* data, std::size_t bytes) {
    const char* const from = static_cast<const char*>(data);
    if (buffer_.size() + bytes > kBuffer) empty_buffer();
    if (bytes > kBuffer) put(from, bytes);
    else buffer_.insert(buffer_.end(), from, from + bytes);
}

void OutputFile::seek(std::uint64_t offset) {
    if (offset == at_ + buffer_.size()) return;
    empty_buffer();
    at_ = offset;
}

void OutputFile::extend_to(std::uint64_t size) {
    struct stat status = {};
    empty_buffer();
    if (::fstat(file_, &status) != 0) fail(errno);
    if (static_cast<std::uint64_t>(status.st_size) >= size) return;
    if (::ftruncate(file_, static_cast<off_t>(size)) != 0) fail(errno);
}

void OutputFile::complete() {
    empty_buffer();
    if (mode_ != kNewFile && ::fchmod(file_, mode_) != 0) fail(errno);
    // Some file systems cannot promise anything, and say so by EINVAL.
    if (::fsync(file_) != 0 && errno != EINVAL && errno != ENOTSUP) fail(errno);
    if (::close(std::exchange(file_, -1)) != 0) fail(errno);
}

void OutputFile::appear(const std::string& before) {
    if (::rename(unfinished_.path().c_str(), path_.c_str()) != 0)
        throw Error(ErrorCode::write_failed, fmt::format("cannot write: {}{}", reason(errno), before), {path_, {}, {}});
    appeared_ = true;
}

void OutputFile::fail(int error) const { cannot_write(path_, error); }

OutputFiles::OutputFiles(const std::vector<std::string>& paths, std::span<const std::string> inputs, Readers readers) {
    const unsigned mode = readers == Readers::owner ? 0600 : 0666;
    std::vector<Place> places;
    for (const std::string& path : paths) {
        refuse_what_is_no_file(path);
        places.emplace_back(path);
        refuse_what_is_read(places.back(), inputs);
        for (std::size_t i = 0; i + 1 < places.size(); ++i)
            if (places.back().same_as(places[i]))
                throw Error(ErrorCode::usage, fmt::format("this is {}, another output", places[i].path),
                            {path, {}, {}});
    }
    for (const std::string& path : paths) files_.push_back(std::unique_ptr<OutputFile>(new OutputFile(path, mode)));
}

void OutputFiles::publish() {
    for (const auto& file : files_) file->complete();
    const Uninterrupted all_or_none;
    std::string before;  // what can be said when a name was lost in the meantime, to a folder for example
    for (const auto& file : files_) {
        file->appear(before);
        before += fmt::format("; {} is written", file->path());
    }
}

void make_private_folder(const std::string& path) {
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
        const std::string folder = path.substr(0, end);
        if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) cannot_write(folder, errno);
        if (end == path.npos) return;
    }
}

bool is_private_or_absent(const std::string& path) {
    struct stat status = {};
    if (::lstat(path.c_str(), &status) != 0) return errno == ENOENT;
    return S_ISDIR(status.st_mode) && status.st_uid == ::geteuid() && (status.st_mode & 022U) == 0;
}

}  // namespace attnx::io
