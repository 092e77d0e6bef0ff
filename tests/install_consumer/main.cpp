// Uses one thing of each kind the library offers: values, a file, errors, a rendered document.
#include <cstdio>
#include <string>

#include "attnx/base/error.h"
#include "attnx/base/units.h"
#include "attnx/base/version.h"
#include "attnx/gguf/file.h"
#include "attnx/view/render.h"

int main(int argc, char** argv) {
    if (attnx::format_bytes(47'185'920) != "45.0 MiB") return 1;
    attnx::view::Document document{.command = "consumer"};
    document.blocks.emplace_back(attnx::view::Facts{.facts = {{.id = "漢", .label = "漢", .value = attnx::kVersion}}});
    std::fputs(attnx::view::text_of(*attnx::view::find_format("table"), document, {}).c_str(), stdout);
    try {
        attnx::gguf::File::open(argc > 1 ? argv[1] : "missing.gguf");
    } catch (const attnx::Error& error) {
        return error.code() == attnx::ErrorCode::cannot_open ? 0 : 2;
    }
    return 3;
}
