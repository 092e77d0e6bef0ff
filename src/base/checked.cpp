#include "attnx/base/checked.h"

#include <fmt/format.h>

#include "attnx/base/error.h"

namespace attnx {

std::size_t product(std::initializer_list<std::size_t> factors, std::string_view what) {
    std::size_t all = 1;
    for (const std::size_t factor : factors) {
        const auto next = checked_multiply(all, factor);
        if (!next) throw Error(ErrorCode::overflow, fmt::format("{}: more than 64 bits can count", what));
        all = *next;
    }
    return all;
}

std::size_t share(std::size_t total, std::size_t parts, std::string_view what) {
    if (parts != 0 && total % parts == 0) return total / parts;
    throw Error(ErrorCode::bad_value, fmt::format("{}: {} cannot be shared out evenly over {}", what, total, parts));
}

void outside(std::size_t first, std::size_t count, std::size_t all, std::string_view what) {
    throw Error(ErrorCode::bad_dimensions,
                fmt::format("{}: {} from {} on are wanted, there are {}", what, count, first, all));
}

}  // namespace attnx
