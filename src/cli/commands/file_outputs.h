// What -o writes, chosen from the table of outputs by the ending of the file's name. Private to cli.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attnx/cli/options.h"
#include "attnx/io/output_files.h"
#include "attnx/view/outputs.h"

namespace attnx::cli {

using Ability = bool (*)(const view::OutputRow& output);

// Writes numbers while they are computed; and those that keep the shape of one array, or print whole answers.
inline bool takes_streams(const view::OutputRow& output) { return output.stream != nullptr; }
inline bool takes_numbers(const view::OutputRow& output) {
    return output.one_shape || (output.render != nullptr && output.carries != view::Carries::shown);
}

// Throws usage, naming the endings there are.
const view::OutputRow& output_for(std::string_view path, Ability able);

// ".csv or .npy"
std::string endings(Ability able);

// -o FILE, more than once, of an ending that is able; `help` comes before the endings.
Option output_option(std::vector<std::string>& paths, std::string_view help, Ability able);

// What describes a file that cannot say itself what is in it.
const view::OutputRow& describing_output();

class FileSink final : public view::SeekableSink {
public:
    explicit FileSink(io::OutputFile& file) : file_(file) {}
    void write(std::string_view piece) override { file_.write(piece); }
    void seek(std::uint64_t offset) override { file_.seek(offset); }
    void extend_to(std::uint64_t size) override { file_.extend_to(size); }

private:
    io::OutputFile& file_;
};

}  // namespace attnx::cli
