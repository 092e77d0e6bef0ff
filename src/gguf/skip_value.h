// gguf, private: stepping over one encoded value, checking it on the way.
#pragma once

#include "attnx/gguf/value.h"
#include "cursor.h"

namespace attnx::gguf {

// What was odd about a value.
struct ValueOddities {
    bool nested_array = false;
    bool unusual_bool = false;  // a byte other than 0 and 1
};

// Reads a type word; refuses ids that GGUF does not define (their size is unknown, so nothing after them can be read).
ValueType read_value_type(Cursor& cursor, std::string_view what);

// Moves the cursor behind a value of `type`, whose type word has been read.
ValueOddities skip_value(Cursor& cursor, ValueType type);

}  // namespace attnx::gguf
