#include "attnx/view/document.h"

#include <memory>

namespace attnx::view {

RowSource rows_of(std::vector<float> values, std::uint64_t columns) {
    const auto kept = std::make_shared<const std::vector<float>>(std::move(values));
    return [kept, columns](std::uint64_t row) { return RowValues(*kept).subspan(row * columns, columns); };
}

}  // namespace attnx::view
