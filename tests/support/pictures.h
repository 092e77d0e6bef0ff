// Pictures that attnx writes, as others read them.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "support/paths.h"
#include "support/run_cli.h"

namespace attnx::test {

// Programs that a build or a machine may be without.
inline const std::string kPictureProgram = ATTNX_BINARY_DIR "/attnx-picture";
inline bool draws_pixels() { return std::filesystem::exists(kPictureProgram); }
inline constexpr const char* kNoPixels = "attnx-picture was not built: librsvg2-dev and pkg-config are not there";

// What xmllint complains of; nothing also where there is no xmllint.
inline std::string complaints(const std::string& path) {
    if (run({.arguments = {"-c", "command -v xmllint >/dev/null"}, .program = "/bin/sh"}).status != 0) return {};
    const Result result = in_shell("xmllint --noout --nonet \"$1\"", {path});
    return result.status == 0 ? std::string() : result.err + "\n(status " + std::to_string(result.status) + ")";
}

struct Pixel {
    int red = 0, green = 0, blue = 0;
};

struct Place {
    int x = 0, y = 0;
};

inline std::vector<Pixel> pixels_at(const std::string& png, const std::vector<Place>& places) {
    std::vector<std::string> arguments = {png};
    for (const Place& place : places)
        arguments.insert(arguments.end(), {std::to_string(place.x), std::to_string(place.y)});
    const Result result = run({.arguments = arguments, .program = ATTNX_BINARY_DIR "/tests/attnx-pixels"});
    std::vector<Pixel> pixels;
    for (std::size_t at = 0; at + 6 <= result.out.size(); at += 7) {
        const auto part = [&](std::size_t i) { return std::stoi(result.out.substr(at + i, 2), nullptr, 16); };
        pixels.push_back({part(0), part(2), part(4)});
    }
    return pixels;
}

// The first picture of cells within an SVG: where it lies, and how large it is.
struct CellBox {
    double x = 0, y = 0, width = 0, height = 0;
};

inline CellBox cells_in(const std::string& svg) {
    CellBox box;
    const std::size_t at = svg.find("<image ");
    if (at != svg.npos)
        std::sscanf(svg.c_str() + at, "<image x=\"%lf\" y=\"%lf\" width=\"%lf\" height=\"%lf\"", &box.x, &box.y,
                    &box.width, &box.height);
    return box;
}

}  // namespace attnx::test
