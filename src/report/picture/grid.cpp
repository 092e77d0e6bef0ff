#include "../attend_drawing.h"
#include "kinds.h"

namespace attnx::report {

Drawings draw_grid(const PictureSource& source) {
    return {attention_grid(*source.spec, source.attended, map_chosen(source))};
}

}  // namespace attnx::report
