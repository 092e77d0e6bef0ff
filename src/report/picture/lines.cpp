#include "kinds.h"

namespace attnx::report {

Drawings draw_lines(const PictureSource& source) { return {view::TokenLines{network_chosen(source)}}; }

}  // namespace attnx::report
