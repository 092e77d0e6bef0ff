// What is said when attnx cannot answer. Private to cli.
#pragma once

namespace attnx::cli {

// To be called while an exception is being handled: one line on standard error and, when JSON was asked for, the error
// object on standard output, unless part of an answer is there already. Returns the exit status.
int report_failure(bool json) noexcept;

}  // namespace attnx::cli
