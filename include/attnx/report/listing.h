// report: many models, a row each.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attnx/view/document.h"

namespace attnx::report {

struct ListedModel {
    std::string model;  // what it is called here
    std::string path;
    std::optional<std::string> problem = {};  // why there is no file to read
};

// One row of models(). Opens the file; never throws for what is wrong with it: that is in the row. Thread-safe.
std::vector<view::Cell> listed(const ListedModel& model, std::span<const std::uint64_t> contexts);

view::Document models(std::vector<std::vector<view::Cell>> rows, std::span<const std::uint64_t> contexts);

}  // namespace attnx::report
