// Numbers of a shape as a table for people. Private to view.
#pragma once

#include "attnx/view/document.h"

namespace attnx::view {

// Whole runs where they are short, otherwise lines of eight; each led by its places along the other dimensions.
Table table_of(const Numbers& numbers);

}  // namespace attnx::view
