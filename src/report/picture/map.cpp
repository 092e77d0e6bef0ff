#include "../attend_drawing.h"
#include "kinds.h"

namespace attnx::report {

DrawnMap map_chosen(const PictureSource& source) {
    const DrawChoice& choice = source.choice;
    return {.layer = choice.layer,
            .head = choice.head,
            .scale = choice.scale.value_or(view::Scale::linear),
            .changes = {.drop_first = choice.drop_first}};
}

Drawings draw_map(const PictureSource& source) {
    return {attention_matrix(*source.spec, source.attended, map_chosen(source))};
}

}  // namespace attnx::report
