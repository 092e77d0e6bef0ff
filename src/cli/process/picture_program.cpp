#include "picture_program.h"

#include <fmt/format.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

#include <array>
#include <filesystem>

#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "child.h"

namespace attnx::cli {
namespace {

constexpr std::string_view kPictureProgram = "attnx-picture";

std::filesystem::path own_folder() {
    std::error_code error;
#ifdef __APPLE__
    std::array<char, 4096> path{};
    std::uint32_t size = path.size();
    if (_NSGetExecutablePath(path.data(), &size) != 0) return {};
    return std::filesystem::canonical(path.data(), error).parent_path();
#else
    return std::filesystem::canonical("/proc/self/exe", error).parent_path();
#endif
}

}  // namespace

std::string find_picture_program() {
    const std::filesystem::path folder = own_folder();
    for (const std::filesystem::path& place : {folder, folder / ".." / "libexec" / "attnx"}) {
        std::string program = (place / kPictureProgram).string();
        if (access(program.c_str(), X_OK) == 0) return program;
    }
    throw Error(ErrorCode::unsupported,
                fmt::format("{0} is not there, which makes PNG and PDF of SVG: install the package {0}, or "
                            "librsvg2-dev and pkg-config and build attnx again, or write SVG",
                            kPictureProgram));
}

std::string run_picture_program(const std::string& program, const PictureOrder& order, std::string_view svg) {
    Child child({.program = program, .arguments = {std::string(order.form), fmt::format("{}", order.scale)}});
    child.feed(fmt::format("{}\n{}\n{}\n\n", order.title, order.about, order.by));
    child.feed(svg);
    child.end_input();
    std::string bytes = child.output(std::uint64_t{1} << 30U);
    if (child.wait() == 0) return bytes;
    throw Error(ErrorCode::internal, fmt::format("{} failed{}{}", kPictureProgram, bytes.empty() ? "" : ": ",
                                                 printable(bytes.substr(0, 200))));
}

}  // namespace attnx::cli
