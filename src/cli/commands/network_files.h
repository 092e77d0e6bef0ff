// Networks written to files, or drawn, by the output that the ending of a name stands for. Private to cli.
#pragma once

#include <string>
#include <vector>

#include "attnx/cli/options.h"
#include "attnx/view/document.h"
#include "file_outputs.h"

namespace attnx::cli {

inline bool takes_networks(const view::OutputRow& output) { return output.network != nullptr; }

// -o FILE, more than once.
Option network_output(std::vector<std::string>& paths);

// Writes or draws the network of the document to each, and its nodes beside where the output wants a file for them:
// NAME.nodes.csv beside NAME.csv. Throws what writing throws, usage when a file would be one of `inputs`.
void write_networks(const view::Document& document, const std::vector<std::string>& paths,
                    const std::vector<std::string>& inputs);

}  // namespace attnx::cli
