// view: every form in which answers and numbers leave, a row each: what --format names, and what the ending of a file's
// name stands for. Whoever wants to know what a form can do asks its row, never its name.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "attnx/base/error.h"
#include "attnx/view/picture.h"
#include "attnx/view/render.h"
#include "attnx/view/stream.h"

namespace attnx::view {

enum class Carries : std::uint8_t {
    shown,       // what people look at, rounded and shortened
    main,        // one table, or one array of numbers, whole
    everything,  // all that scripts get
};

// The whole of it, for the tools that read such files.
using NetworkWriter = void (*)(const Network& network, Sink& out);

struct OutputRow {
    std::string_view name = {};    // of --format
    std::string_view ending = {};  // of files: ".csv"
    Carries carries = Carries::shown;
    bool on_terminal = false;  // heeds the colours, width and characters of a surface; others are always UTF-8
    bool own_option = false;   // --name is short for --format name

    Renderer render = nullptr;                       // an answer; nothing: only numbers
    std::string (*failure)(const Error&) = nullptr;  // what stands in the place of an answer; nothing: nothing
    StreamOpener stream = nullptr;                   // numbers while they are computed; nothing: cannot
    NetworkWriter network = nullptr;                 // a network of nodes and edges; nothing: cannot
    NetworkWriter nodes = nullptr;                   // … of which this is a file of its own, beside it
    PictureWriter picture = nullptr;                 // drawings, on paper; nothing: cannot
    std::string_view drawn_as = {};                  // what another program makes of that; empty: nothing is to be made
    PictureFinish finish = nullptr;                  // … after which this is done; nothing: nothing
    bool one_shape = false;                          // the stream is one array, in which every number has its place
};

std::span<const OutputRow> outputs();
const OutputRow& default_output();

// Of those that print answers. Nothing: there is none of that name.
const OutputRow* find_output(std::string_view name);

// By how the path ends.
const OutputRow* output_of_file(std::string_view path);

// For documents that are small.
std::string text_of(const OutputRow& output, const Document& document, const Surface& surface);

}  // namespace attnx::view
