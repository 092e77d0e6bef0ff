// report: what `heads` says beside the heads. Private to report.
#pragma once

#include "attnx/study/roles.h"
#include "attnx/view/document.h"

namespace attnx::report {

// Tokens beside the first on which layers rest, heads that attend alike, and the tokens that were read; the first of
// these for people only where asked.
void add_beside_heads(view::Document& document, const study::Roles& roles, bool people);

}  // namespace attnx::report
