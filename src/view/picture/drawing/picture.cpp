// Drawings below each other between a title and what they are about.
#include "attnx/view/picture.h"

#include <fmt/format.h>

#include <cmath>

#include "../../network.h"
#include "../../paint.h"
#include "../../people.h"
#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "attnx/base/version.h"
#include "attnx/view/token.h"
#include "easel.h"
#include "key.h"
#include "svg.h"

namespace attnx::view {
namespace {

constexpr double kMargin = 22, kTitleSize = 15, kPartSize = 12, kAboutSize = 9.5, kLeast = 480;
constexpr double kNarrow = 0.54;  // advance of small text, on average

struct Moved {
    double x, y;

    void operator()(Point& point) const { point = {point.x + x, point.y + y}; }
    void operator()(Stroke& stroke) const {
        for (Point& point : stroke.points) (*this)(point);
    }
    template <class Other>
    void operator()(Other& shape) const {
        (*this)(shape.at);
    }
};

const std::string& title_of(const Drawing& drawing) {
    struct Title {
        const std::string& operator()(const TokenLines& lines) const { return lines.network.title; }
        const std::string& operator()(const Matrix& matrix) const { return matrix.title; }
        const std::string& operator()(const Grid& grid) const { return grid.title; }
        const std::string& operator()(const Curves& curves) const { return curves.title; }
        const std::string& operator()(const Network& network) const { return network.title; }
        const std::string& operator()(const ClassMap& map) const { return map.title; }
    };
    return std::visit(Title(), drawing);
}

bool is_empty(const Drawing& drawing) {
    struct Empty {
        bool operator()(const TokenLines& lines) const { return lines.network.nodes.rows.empty(); }
        bool operator()(const Network& network) const { return network.nodes.rows.empty(); }
        bool operator()(const Curves& curves) const { return curves.axis.size == 0 || curves.series.empty(); }
        bool operator()(const Matrix& matrix) const { return matrix.rows.size == 0 || matrix.columns.size == 0; }
        bool operator()(const Grid& grid) const {
            return grid.panels.size == 0 || grid.rows.size == 0 || grid.columns.size == 0;
        }
        bool operator()(const ClassMap& map) const { return map.cells.empty(); }
    };
    return std::visit(Empty(), drawing);
}

// Whether a block is a drawing.
template <class Block>
constexpr bool kIsDrawn = std::is_constructible_v<Drawing, const Block&>;

std::string about_line(const Picture& picture) {
    std::string text;
    for (const Fact& fact : picture.about) {
        if (plain_text(fact.value).empty()) continue;
        text += fmt::format("{}{} {}", text.empty() ? "" : " · ", fact.label, plain_text(fact.value));
    }
    return text;
}

// Tokens are what a table of that name holds, or the nodes of a network.
const Table* tokens_in(const Block& block) {
    if (const auto* network = std::get_if<Network>(&block)) return &network->nodes;
    const auto* table = std::get_if<Table>(&block);
    return table != nullptr && table->id == "tokens" ? table : nullptr;
}

// Those that were given, or those that were generated, where a third column says so.
std::string text_of(const Table& tokens, bool generated) {
    std::string text;
    for (const auto& row : tokens.rows) {
        const bool* flag = row.size() > 2 ? std::get_if<bool>(&row[2].value) : nullptr;
        const auto* token = std::get_if<Token>(&row[1].value);
        if (token != nullptr && (flag != nullptr && *flag) == generated) text += plain_token(token->bytes);
    }
    return text;
}

double draw_title(Easel& sheet, const std::string& title, double width) {
    double y = kMargin + kTitleSize;
    for (const std::string& line : wrap(title, static_cast<std::size_t>(width / (kTitleSize * kAdvance)))) {
        sheet.add(Label{{kMargin, y}, line, sheet.inks.ink, kTitleSize, Anchor::start, false, true});
        y += kTitleSize * 1.35;
    }
    return y;
}

// In at most two lines; the file's metadata have all of it.
double draw_about(Easel& sheet, Point at, double width, const std::string& about) {
    const auto columns = static_cast<std::size_t>(width / (kAboutSize * kNarrow));
    std::vector<std::string> lines = wrap(about, columns);
    if (lines.size() > 2) {
        lines.resize(2);
        lines.back() += " …";
    }
    for (const std::string& line : lines) {
        sheet.add(Label{at, clip(line, columns, "…"), sheet.inks.soft, kAboutSize});
        at.y += kAboutSize * 1.4;
    }
    return at.y;
}

}  // namespace

std::vector<std::string_view> colour_map_names() {
    std::vector<std::string_view> names;
    for (const ColourMap& map : colour_maps()) names.push_back(map.name);
    return names;
}

PictureWords words_of(const Picture& picture) {
    const std::string& title =
        picture.title.empty() && !picture.drawings.empty() ? title_of(picture.drawings.front()) : picture.title;
    return {printable(title), about_line(picture)};
}

void write_svg(const Picture& picture, const PictureStyle& style, Sink& out) {
    const ColourMap& map = colour_maps()[style.colours];
    std::vector<std::pair<std::string, Easel>> parts;  // under their titles
    double width = kLeast;
    for (const Drawing& drawing : picture.drawings) {
        if (is_empty(drawing)) continue;
        Easel& part = parts.emplace_back(printable(title_of(drawing)), Easel(style.theme, map)).second;
        std::visit([&](const auto& each) { draw(each, part); }, drawing);
        width = std::max(width, part.width);
    }
    if (parts.empty()) throw Error(ErrorCode::refused, "there is nothing to draw");

    Easel sheet(style.theme, map);
    const PictureWords words = words_of(picture);
    double y = draw_title(sheet, words.title, width);
    for (auto& [title, part] : parts) {
        if (title != words.title) {
            sheet.add(Label{{kMargin, y + kPartSize}, title, sheet.inks.ink, kPartSize, Anchor::start, false, true});
            y += kPartSize * 1.6;
        }
        y = std::ceil(y);  // cells begin on whole pixels
        for (Shape& shape : part.shapes) {
            std::visit(Moved{kMargin, y}, shape);
            sheet.add(std::move(shape));
        }
        y += part.height + 22;
    }
    y = draw_about(sheet, {kMargin, y}, width, words.about);
    write_scene({std::ceil(width + 2 * kMargin), std::ceil(y + kMargin - kAboutSize * 1.4), sheet.inks.paper,
                 sheet.inks.hatch, std::move(sheet.shapes)},
                picture, style.width, out);
}

std::vector<Fact> about_picture(const Document& document) {
    std::vector<Fact> about;
    const auto add = [&](const char* id, std::string value) {
        about.push_back({.id = id, .label = id, .value = std::move(value)});
    };
    if (document.model) {
        const ModelRef& model = *document.model;
        add("model", model.name && !model.name->empty() ? *model.name : model.path);
        add("quantisation", model.quantization);
    }
    add("attnx", std::string(kVersion));
    for (const Block& block : document.blocks)
        if (const Table* tokens = tokens_in(block)) {
            add("prompt", text_of(*tokens, false));
            add("generated", text_of(*tokens, true));
        }
    return about;
}

Picture picture_of(const Document& document) {
    Picture picture{.about = about_picture(document)};
    for (const Block& block : document.blocks)
        std::visit(
            [&]<class Each>(const Each& each) {
                if constexpr (kIsDrawn<Each>)
                    if (for_people(each.show)) picture.drawings.emplace_back(each);
            },
            block);
    return picture;
}

}  // namespace attnx::view
