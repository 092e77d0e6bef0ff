#include "../states_drawing.h"
#include "kinds.h"

namespace attnx::report {

Drawings draw_kv(const PictureSource& source) {
    Drawings drawings;
    for (const DrawnSize size : {DrawnSize::k_norm, DrawnSize::v_norm}) {
        view::Matrix map = states_map(*source.states, {.drawn = size});
        if (source.choice.scale) map.shading.scale = *source.choice.scale;
        drawings.emplace_back(std::move(map));
    }
    return drawings;
}

}  // namespace attnx::report
