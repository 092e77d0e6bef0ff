// report: kinds of pictures, a row each (src/report/picture/kinds.cpp).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/model/spec.h"
#include "attnx/study/attend.h"
#include "attnx/study/roles.h"
#include "attnx/study/states.h"
#include "attnx/view/picture.h"

namespace attnx::report {

struct DrawChoice {
    std::uint32_t layer = 0;                 // of pictures of one layer
    std::optional<std::uint32_t> head = {};  // nothing: the mean of those looked at
    std::optional<view::Scale> scale = {};   // nothing: what suits the numbers
    bool drop_first = false;                 // the first token's column left out
    double threshold = 0.1;                  // least weight of a line
};

// What was computed for a picture; only what its kind asks for is there.
struct PictureSource {
    view::ModelRef model;
    const model::ModelSpec* spec = nullptr;
    std::shared_ptr<const study::Attended> attended = {};
    std::shared_ptr<const study::MeasuredStates> states = {};
    std::shared_ptr<const study::Roles> roles = {};
    DrawChoice choice = {};

    std::span<const study::Token> tokens() const;
};

// What has to be run.
enum class PictureNeeds : std::uint8_t { attention, states, roles };
// Whose maps are kept meanwhile.
enum class PictureMaps : std::uint8_t { none, one_layer, all_layers };

struct PictureKind {
    std::string_view name, meaning;
    PictureNeeds needs = PictureNeeds::attention;
    PictureMaps maps = PictureMaps::none;
    bool of_head = false;  // may be of one head
    std::vector<view::Drawing> (*draw)(const PictureSource& source) = nullptr;
};
std::span<const PictureKind> picture_kinds();

view::Picture picture(const PictureKind& kind, const PictureSource& source);

// Pictures that go by fixed names into a folder: of each layer the mean of its heads, lengths of what the block leaves,
// and of keys and values. Of attention with the maps of all layers, and states.
struct NamedPicture {
    std::string name;  // without the ending
    view::Picture picture;
};
std::vector<NamedPicture> pictures_by_layer(const PictureSource& source);

// What was drawn.
struct DrawnFile {
    std::string path;
    std::uint64_t bytes = 0;
};
view::Document drawn(std::string_view what, const PictureKind* kind, const PictureSource& source,
                     std::span<const DrawnFile> files);

}  // namespace attnx::report
