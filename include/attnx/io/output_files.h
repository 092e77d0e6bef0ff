// io: the only way in which attnx writes files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/io/unfinished.h"

namespace attnx::io {

// One of OutputFiles: a file of a random name in the folder of its path. All throw write_failed, with the reason.
class OutputFile {
public:
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    ~OutputFile();

    const std::string& path() const { return path_; }
    void write(const void* data, std::size_t bytes);
    void write(std::string_view text) { write(text.data(), text.size()); }
    // Goes on at `offset`; what is skipped reads as zeros.
    void seek(std::uint64_t offset);
    // At least so long, zeros where nothing was written.
    void extend_to(std::uint64_t size);

private:
    friend class OutputFiles;
    OutputFile(std::string path, unsigned mode_of_new);
    void empty_buffer();
    void put(const char* data, std::size_t bytes);  // where the file stands, at once
    void complete();
    void appear(const std::string& before);
    [[noreturn]] void fail(int error) const;

    std::string path_;
    unsigned mode_;  // of the file that is there; kNewFile: none is
    Unfinished unfinished_;
    int file_ = -1;
    std::uint64_t at_ = 0;      // where what waits in the buffer belongs
    std::vector<char> buffer_;  // what is written in small pieces waits there
    bool appeared_ = false;
};

enum class Readers { as_usual, owner };  // who may read a file that was not there before

// What one run writes. Nothing is there under its path before publish(), which puts all of it there, one right after
// the other, once every file is complete and on the disk. A run that fails or is ended by a signal leaves the folder as
// it was.
//
// A file that is replaced leaves its permissions to the new one. A symbolic link is replaced itself, never what it
// points to.
class OutputFiles {
public:
    // Before anything is opened for writing, throws usage when a path names, by whatever alias (./, symbolic or hard
    // link), one of `inputs`, another output, or the file behind a standard stream; not_a_file for a directory, pipe or
    // device; write_failed.
    OutputFiles(const std::vector<std::string>& paths, std::span<const std::string> inputs,
                Readers readers = Readers::as_usual);

    OutputFile& operator[](std::size_t index) { return *files_[index]; }
    std::size_t size() const { return files_.size(); }
    void publish();

private:
    std::vector<std::unique_ptr<OutputFile>> files_;
};

// With those above it, all for their owner alone. Throws write_failed.
void make_private_folder(const std::string& path);

// Whether nobody else may write there: a folder of the user's own, and no link to one.
bool is_private_or_absent(const std::string& path);

}  // namespace attnx::io
