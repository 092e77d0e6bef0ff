// places: a GGUF file on a server, of which is here what was asked for.
#pragma once

#include <memory>

#include "attnx/gguf/file.h"
#include "attnx/places/cache.h"
#include "attnx/places/transport.h"

namespace attnx::places {

// Of the file at `url`, for File::open with the path url.shown(); other parts of a split set are asked for beside it.
// Opening fetches header and tensor table: in ranges that grow by what the beginning says of the rest, or from a server
// without ranges in one answer that is not read to its end. A header that was kept is used where the server says that
// it still holds, and without asking where nobody may be asked. Tensors are fetched as they are asked for, those that
// were announced (File::will_read) together with what lies beside them; they stay until more than 1 GiB is here. Throws
// not_fetched, file_changed.
gguf::OpenSource source_at(const Url& url, std::shared_ptr<const Access> access);

}  // namespace attnx::places
