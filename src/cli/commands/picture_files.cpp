#include "picture_files.h"

#include <fmt/format.h>

#include "../process/picture_program.h"
#include "attnx/base/version.h"

namespace attnx::cli {
namespace {

// Of a picture that is as large as it likes: sharp on screens with small pixels.
constexpr double kUsualScale = 2;

}  // namespace

Option picture_output(std::vector<std::string>& paths) {
    return output_option(paths, "write what is drawn to a", takes_pictures);
}

void expect_pictures(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
        const view::OutputRow* output = view::output_of_file(path);
        if (output != nullptr && !output->drawn_as.empty()) find_picture_program();
    }
}

std::uint64_t write_picture(const view::Picture& picture, const view::PictureStyle& style, io::OutputFile& file) {
    const view::OutputRow& output = output_for(file.path(), takes_pictures);
    view::TextSink svg;
    output.picture(picture, style, svg);
    std::string bytes = std::move(svg.text);
    if (!output.drawn_as.empty()) {
        const view::PictureWords words = view::words_of(picture);
        bytes = run_picture_program(find_picture_program(),
                                    {.form = output.drawn_as,
                                     .scale = style.width || output.finish == nullptr ? 1 : kUsualScale,
                                     .title = words.title,
                                     .about = words.about,
                                     .by = fmt::format("attnx {}", kVersion)},
                                    bytes);
    }
    if (output.finish != nullptr) bytes = output.finish(bytes, picture);
    file.write(bytes);
    return bytes.size();
}

void write_pictures(const view::Picture& picture, const std::vector<std::string>& paths,
                    const std::vector<std::string>& inputs) {
    if (paths.empty()) return;
    io::OutputFiles outputs(paths, inputs);
    for (std::size_t i = 0; i < outputs.size(); ++i) write_picture(picture, {}, outputs[i]);
    outputs.publish();
}

}  // namespace attnx::cli
