// view: what answers draw, on paper: for a paper, a slide, an issue. Drawings become one scene, which every kind of
// picture is made from.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "attnx/view/document.h"
#include "attnx/view/sink.h"

namespace attnx::view {

// Rows and columns of things that are of several classes, or of none.
struct ClassMap {
    struct Class {
        std::string name, meaning;
    };
    std::string title = {};
    Axis rows = {}, columns = {};
    std::vector<Class> classes = {};
    // Row by row, the places of its classes; nothing: there is no such thing.
    std::vector<std::optional<std::vector<std::size_t>>> cells = {};
};

// A network of tokens in two columns: what attends on the left, what is attended to on the right.
struct TokenLines {
    Network network = {};
};

using Drawing = std::variant<Matrix, Grid, Curves, Network, TokenLines, ClassMap>;

struct Picture {
    std::string title = {};  // empty: that of the first drawing
    std::vector<Fact> about =
        {};  // texts: model, quantisation, prompt …; small on the picture, and in the file's metadata
    std::vector<Drawing> drawings = {};
};

// What people see drawn of an answer; no drawings: it draws nothing.
Picture picture_of(const Document& document);

// What is known of model and tokens.
std::vector<Fact> about_picture(const Document& document);

enum class Theme : std::uint8_t { light, dark };

struct PictureStyle {
    Theme theme = Theme::light;
    std::size_t colours = 0;                  // of colour_map_names()
    std::optional<std::uint32_t> width = {};  // in pixels; nothing: as wide as the drawing needs
};

std::vector<std::string_view> colour_map_names();

// A picture as a file; whatever texts hold, nothing of them is markup. Throws refused when there is nothing to draw.
using PictureWriter = void (*)(const Picture& picture, const PictureStyle& style, Sink& out);

// "title", "about": one line each, safe.
struct PictureWords {
    std::string title, about;
};
PictureWords words_of(const Picture& picture);

// A picture of pixels, after it was drawn by somebody else, with what the picture is about.
using PictureFinish = std::string (*)(std::string_view bytes, const Picture& picture);

}  // namespace attnx::view
