// SVG 1.1 without programs, styles or anything from elsewhere: cells are a PNG inside.
#include "svg.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "../../base64.h"
#include "../../network.h"
#include "../../pieces.h"
#include "../../xml_text.h"
#include "attnx/base/text.h"
#include "attnx/base/version.h"
#include "png_cells.h"

namespace attnx::view {
namespace {

constexpr std::string_view kSans = "DejaVu Sans, Noto Sans, Helvetica, Arial, sans-serif";
constexpr std::string_view kMono = "DejaVu Sans Mono, Noto Sans Mono, Menlo, Consolas, monospace";

// To a hundredth of a pixel.
std::string number(double value) { return fmt::format("{}", std::round(value * 100) / 100 + 0.0); }
std::string hex(Rgb c) { return fmt::format("#{:02x}{:02x}{:02x}", c.red, c.green, c.blue); }
std::string pair(Point p) { return number(p.x) + " " + number(p.y); }

struct ShapeWriter {
    const Scene& scene;
    std::string& out;

    void operator()(const Box& box) const {
        const std::string where =
            fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"", number(box.at.x),
                        number(box.at.y), number(box.width), number(box.height));
        out += where + hex(box.fill) + "\"/>\n";
        if (box.hatched) out += where + "url(#hatch)\"/>\n";
    }

    void operator()(const Stroke& stroke) const {
        std::string path = "M" + pair(stroke.points.front());
        for (std::size_t i = 1; i < stroke.points.size(); ++i)
            path += (i > 1 ? " " : stroke.curved ? "C" : "L") + pair(stroke.points[i]);
        out += fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"", path, hex(stroke.ink),
                           number(stroke.width));
        if (stroke.opacity < 1) out += fmt::format(" stroke-opacity=\"{}\"", number(stroke.opacity));
        if (!stroke.dashes.empty()) out += fmt::format(" stroke-dasharray=\"{}\"", stroke.dashes);
        out += "/>\n";
    }

    void operator()(const Disc& disc) const {
        out += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{}\"/>\n", number(disc.at.x), number(disc.at.y),
                           number(disc.radius), hex(disc.fill));
    }

    void operator()(const Label& label) const {
        constexpr std::array<std::string_view, 3> kAnchors = {"", " text-anchor=\"middle\"", " text-anchor=\"end\""};
        out += label.upward ? fmt::format("<text transform=\"translate({}) rotate(-90)\"", pair(label.at))
                            : fmt::format("<text x=\"{}\" y=\"{}\"", number(label.at.x), number(label.at.y));
        out += kAnchors[static_cast<std::size_t>(label.anchor)];
        if (label.mono) out += fmt::format(" font-family=\"{}\"", kMono);
        if (label.bold) out += " font-weight=\"bold\"";
        out += fmt::format(" font-size=\"{}\" fill=\"{}\">{}</text>\n", number(label.size), hex(label.ink),
                           escaped_xml(label.text));
    }

    void operator()(const Cells& cells) const {
        out += fmt::format(
            "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" "
            "style=\"image-rendering:pixelated\" xlink:href=\"data:image/png;base64,{}\"/>\n",
            number(cells.at.x), number(cells.at.y), number(cells.cell_width * cells.columns),
            number(cells.cell_height * cells.rows()), base64(png_of(cells)));
    }
};

void write_words(const Picture& picture, std::string& out) {
    const PictureWords words = words_of(picture);
    out += fmt::format("<title>{}</title>\n<desc>{}</desc>\n<metadata>\n<attnx:picture version=\"{}\">\n",
                       escaped_xml(words.title), escaped_xml(words.about), kVersion);
    for (const Fact& fact : picture.about)
        if (!plain_text(fact.value).empty())
            out += fmt::format("<attnx:{0}>{1}</attnx:{0}>\n", fact.id, escaped_xml(plain_text(fact.value)));
    out += "</attnx:picture>\n</metadata>\n";
}

}  // namespace

void write_scene(const Scene& scene, const Picture& picture, std::optional<std::uint32_t> width, Sink& out) {
    const double scale = width ? *width / scene.width : 1;
    Pieces pieces(out);
    std::string& text = pieces.text;
    text = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
        "xmlns:xlink=\"http://www.w3.org/1999/xlink\" xmlns:attnx=\"urn:attnx:picture\" width=\"{}\" height=\"{}\" "
        "viewBox=\"0 0 {} {}\" font-family=\"{}\" role=\"img\">\n",
        number(scene.width * scale), number(scene.height * scale), number(scene.width), number(scene.height), kSans);
    write_words(picture, text);
    text += fmt::format(
        "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
        "<path d=\"M-1 1L1 -1M0 6L6 0M5 7L7 5\" stroke=\"{}\" stroke-width=\"0.8\"/></pattern></defs>\n",
        hex(scene.hatch));
    const ShapeWriter writer{scene, text};
    writer(Box{{0, 0}, scene.width, scene.height, scene.paper});
    for (const Shape& shape : scene.shapes) {
        std::visit(writer, shape);
        pieces.settle();
    }
    text += "</svg>\n";
    pieces.finish();
}

}  // namespace attnx::view
