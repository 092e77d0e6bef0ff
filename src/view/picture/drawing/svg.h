// A scene as SVG. Private to view.
#pragma once

#include "attnx/view/picture.h"
#include "attnx/view/sink.h"
#include "scene.h"

namespace attnx::view {

void write_scene(const Scene& scene, const Picture& picture, std::optional<std::uint32_t> width, Sink& out);

}  // namespace attnx::view
