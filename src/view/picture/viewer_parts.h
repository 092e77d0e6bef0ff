// The files of src/view/picture/viewer, as the build embeds them. Private to view.
#pragma once

#include <span>
#include <string_view>

namespace attnx::view {

extern const std::string_view kViewerShell, kViewerStyle;
extern const std::span<const std::string_view> kViewerPrograms;  // to be written one after the other

// What a Content-Security-Policy calls them: "sha256-…".
extern const std::string_view kViewerStyleHash, kViewerProgramHash;

}  // namespace attnx::view
