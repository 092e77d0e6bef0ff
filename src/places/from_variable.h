// places: folders that variables name. Private to places.
#pragma once

#include <filesystem>
#include <initializer_list>

#include "attnx/places/stores.h"

namespace attnx::places {

// What a variable says, with `below` behind it; an empty one says nothing.
std::filesystem::path from(const Variable& variable, const char* name, const char* below);

std::filesystem::path first_of(std::initializer_list<std::filesystem::path> paths);  // that is not empty

}  // namespace attnx::places
