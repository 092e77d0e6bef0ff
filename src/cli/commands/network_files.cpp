#include "network_files.h"

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "picture_files.h"

namespace attnx::cli {
namespace {

struct NetworkFile {
    std::string path;
    view::NetworkWriter write = nullptr;  // nothing: it is drawn
};

bool takes_networks_drawn_too(const view::OutputRow& output) {
    return takes_networks(output) || takes_pictures(output);
}

std::string beside(const std::string& path, std::string_view ending) {
    return fmt::format("{}.nodes{}", path.substr(0, path.size() - ending.size()), ending);
}

const view::Network& network_in(const view::Document& document) {
    for (const view::Block& block : document.blocks)
        if (const auto* network = std::get_if<view::Network>(&block)) return *network;
    throw Error(ErrorCode::internal, "an answer without a network was to be written as one");
}

}  // namespace

Option network_output(std::vector<std::string>& paths) {
    return output_option(paths, "write the graph to a", takes_networks_drawn_too);
}

void write_networks(const view::Document& document, const std::vector<std::string>& paths,
                    const std::vector<std::string>& inputs) {
    if (paths.empty()) return;
    std::vector<NetworkFile> files;
    for (const std::string& path : paths) {
        const view::OutputRow& output = output_for(path, takes_networks_drawn_too);
        files.push_back({path, output.network});
        if (output.nodes != nullptr) files.push_back({beside(path, output.ending), output.nodes});
    }
    std::vector<std::string> all;
    for (const NetworkFile& file : files) all.push_back(file.path);
    io::OutputFiles outputs(all, inputs);
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (files[i].write == nullptr) {
            write_picture(view::picture_of(document), {}, outputs[i]);
            continue;
        }
        FileSink out(outputs[i]);
        files[i].write(network_in(document), out);
    }
    outputs.publish();
}

}  // namespace attnx::cli
