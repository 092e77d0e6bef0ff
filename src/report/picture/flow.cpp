#include "../attend_drawing.h"
#include "kinds.h"

namespace attnx::report {

Drawings draw_flow(const PictureSource& source) { return {flow_curves(*source.attended)}; }

}  // namespace attnx::report
