// places: which file on which server a name means.
#pragma once

#include <string>

#include "attnx/places/cache.h"
#include "attnx/places/stores.h"
#include "attnx/places/transport.h"

namespace attnx::places {

// The token of the hub (HF_TOKEN, or its file), for the hub's own server (HF_ENDPOINT). Throws usage for one that
// cannot be sent.
Credential hub_credential(const Variable& variable);

// Where the file is that a MODEL means which is not on this machine: of https://… itself; of hf: and ollama: what the
// hub (HF_ENDPOINT) and the registry (ATTNX_OLLAMA_REGISTRY) say; of split sets the first part. Throws usage for what
// may mean several or is no URL, not_fetched.
Url url_of(const std::string& model, const Variable& variable, const Access& access);

// What a MODEL is called where others may read it: a URL without passwords and query.
std::string shown_name(const std::string& model);

}  // namespace attnx::places
