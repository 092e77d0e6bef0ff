#include "../states_drawing.h"
#include "kinds.h"

namespace attnx::report {

Drawings draw_states(const PictureSource& source) {
    view::Matrix map = states_map(*source.states, {.drawn = DrawnSize::norm});
    if (source.choice.scale) map.shading.scale = *source.choice.scale;
    return {std::move(map)};
}

}  // namespace attnx::report
