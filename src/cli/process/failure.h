// What is said when attnx cannot answer. Private to cli.
#pragma once

#include "attnx/view/outputs.h"

namespace attnx::cli {

// To be called while an exception is being handled: one line on standard error and, where the
// output asked for has words for failures, those on standard output, unless part of an answer is there already. Returns
// the exit status.
int report_failure(const view::OutputRow& output) noexcept;

}  // namespace attnx::cli
