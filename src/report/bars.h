// report: numbers as lengths.
#pragma once

#include <cstdint>
#include <string>

#include "attnx/view/render.h"

namespace attnx::report {

// `value` as part of `most` on `columns` characters: eighths of a block where the surface has them, otherwise '#'.
// Something that is not 0 shows.
std::string bar(std::uint64_t value, std::uint64_t most, std::uint32_t columns, const view::Surface& surface);

}  // namespace attnx::report
