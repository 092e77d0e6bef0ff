// The files of src/view/picture/viewer, as the build embeds them. Private to view.
#pragma once

#include <span>
#include <string_view>

namespace attnx::view {

extern const std::string_view kViewerShell, kViewerStyle;
// The program, to be written one after the other; those asked for only where there is something for them to show.
extern const std::span<const std::string_view> kViewerPanels, kViewerAsked, kViewerStart;

// What a Content-Security-Policy calls them: "sha256-…".
extern const std::string_view kViewerStyleHash, kViewerProgramHash;
extern const std::string_view kViewerAskedHash;  // of the program with the panels asked for

}  // namespace attnx::view
