#include "attnx/report/roles.h"
#include "kinds.h"

namespace attnx::report {

Drawings draw_heads(const PictureSource& source) { return {class_map(*source.spec, *source.roles)}; }

}  // namespace attnx::report
