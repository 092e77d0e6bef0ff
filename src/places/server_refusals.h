// places: why a server did not answer. Private to places.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "attnx/places/server.h"

namespace attnx::places {

[[noreturn]] void refuse(const std::string& url, const ServerReply& reply);
// Of an answer that every server gives, whatever it was asked.
bool means_no_server(int status);
// What the JSON of a failure says; empty where it says nothing.
std::string failure_of(const nlohmann::json& told);
// As it is sent.
std::string posted(const nlohmann::json& question);

}  // namespace attnx::places
